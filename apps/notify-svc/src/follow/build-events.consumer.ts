import { BuildId, EventEnvelope, consumers, subjects } from '@cyclone/contracts';
import {
  type Consumer,
  type IncomingMessage,
  type Outcome,
  type Subscription,
  done,
  rejectMessage,
} from '@cyclone/messaging';

/** The events after which somebody may have to be told. */
const followed = [
  ['build', 'BuildRequested'],
  ['build', 'BuildPlanned'],
  ['build', 'JobClaimed'],
  ['build', 'BuildFinished'],
  ['log', 'LogSealed'],
  ['log', 'LogDamaged'],
] as const;

const streamIdToken = 4;

const readBuildId = (message: IncomingMessage): BuildId | undefined => {
  try {
    const envelope = EventEnvelope.parse(JSON.parse(Buffer.from(message.data).toString('utf8')));
    return BuildId.parse(envelope.stream.id);
  } catch {
    return undefined;
  }
};

const handle = async (message: IncomingMessage, follow: (buildId: BuildId) => Promise<void>): Promise<Outcome> => {
  const buildId = readBuildId(message);
  if (buildId === undefined) return rejectMessage('the message is no event of a build or of its logs');
  await follow(buildId);
  return done;
};

/** Follows each build as it goes on; streams of builds and of their logs have the same id. */
export const followBuildEvents = (
  consumer: Consumer,
  follow: (buildId: BuildId) => Promise<void>,
): Promise<Subscription> =>
  consumer.subscribe({
    consumer: consumers.notifyBuilds,
    subjects: followed.map(([kind, type]) => subjects.eventsOf({ kind, type })),
    concurrency: 8,
    keyOf: (message) => message.subject.split('.')[streamIdToken] ?? message.subject,
    handle: (message) => handle(message, follow),
  });
