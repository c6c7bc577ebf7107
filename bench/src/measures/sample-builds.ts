import { randomUUID } from 'node:crypto';
import {
  BuildId,
  CommandId,
  CommitSha,
  DeliveryId,
  JobId,
  ProjectId,
  RunnerId,
  StepId,
  type BuildEvent,
} from '@cyclone/contracts';
import type { EventStore, NewEvent } from '@cyclone/event-store';

const sha = CommitSha.parse('0123456789abcdef0123456789abcdef01234567');
const projectId = ProjectId.parse('bench');
const job = { jobId: JobId.parse('job-1'), attempt: 1 };
const fenced = { ...job, fence: 3, stepId: StepId.parse('step-1') };

type Requested = Extract<BuildEvent, { type: 'BuildRequested' }>['data'];

const requestedBy = (deliveryId: DeliveryId): Requested => ({
  projectId,
  number: 1,
  trigger: {
    kind: 'change',
    change: { kind: 'push', ref: 'refs/heads/main', after: sha, message: 'A change', author: { name: 'A tester' } },
    deliveryId,
  },
  trust: 'trusted',
  repositoryUrl: 'https://git.example.com/team/app.git',
  secretVersions: [],
  timeoutMs: 7_200_000,
});

/** Commits of a small build's life, as the platform writes them. */
function lifeOf(deliveryId: DeliveryId, at: number): readonly (readonly NewEvent[])[] {
  const log = { bytes: 120, lines: 4, crc32: 1, truncated: false };
  const ended = { ...fenced, outcome: 'succeeded', exitCode: 0, ignored: false, endedAt: at, log };
  return [
    [{ type: 'BuildRequested', data: requestedBy(deliveryId) }],
    [{ type: 'JobQueued', data: job }],
    [{ type: 'JobClaimed', data: { ...job, runnerId: RunnerId.parse('runner-1'), runnerName: 'runner' } }],
    [{ type: 'StepStarted', data: { ...fenced, startedAt: at } }],
    [{ type: 'StepEnded', data: ended }],
    [
      { type: 'JobEnded', data: { ...job, outcome: 'succeeded' } },
      { type: 'BuildFinished', data: { outcome: 'succeeded' } },
    ],
  ];
}

export const commitsPerBuild = 6;
export const eventsPerBuild = 7;

/** Writes whole builds, commit after commit, with so many writers at once. */
export async function writeBuilds(store: EventStore, builds: number, writers: number, at: number): Promise<void> {
  let left = builds;
  const write = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      await writeBuild(store, at);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}

async function writeBuild(store: EventStore, at: number): Promise<void> {
  const id = BuildId.parse(`b-${randomUUID()}`);
  const deliveryId = DeliveryId.parse(`d-${randomUUID()}`);
  let expectedVersion = 0;
  for (const events of lifeOf(deliveryId, at)) {
    const { streamVersion } = await store.append({
      stream: { kind: 'build', id },
      expectedVersion,
      commandId: CommandId.parse(randomUUID()),
      tenant: projectId,
      actor: { kind: 'system', id: 'bench' },
      trace: { correlationId: id },
      occurredAt: at,
      events,
    });
    expectedVersion = streamVersion;
  }
}
