import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type BuildEvent, BuildId, CommandId, JobId, ProjectId, RunnerId } from '@cyclone/contracts';
import { MemoryEventStore, MemoryLeaseStore } from '@cyclone/event-store/memory';
import { silentLogger } from '@cyclone/observability';
import { eventually } from '@cyclone/testing';
import { FactsReader } from '../follow/facts-reader.js';
import { BuildFollower } from '../follow/follow-build.js';
import { createLedger } from '../follow/ledger.js';
import { MemoryWakeUps } from '../follow/memory.wake-ups.js';
import type { TellingRules } from '../rules/domain/decide-notifications.js';
import type { Channel, TryOutcome } from './channel.js';
import { DeliverReactor } from './deliver.reactor.js';

const buildId = BuildId.parse('b1');
const projectId = ProjectId.parse('shop');

const requested: BuildEvent = {
  type: 'BuildRequested',
  data: {
    projectId,
    number: 1,
    trigger: { kind: 'manual', ref: 'refs/heads/main', sha: 'a'.repeat(40) },
    trust: 'trusted',
    repositoryUrl: 'https://h/a/b',
    secretVersions: [],
    timeoutMs: 1,
  },
};
const claimed: BuildEvent = {
  type: 'JobClaimed',
  data: { jobId: JobId.parse('j1'), attempt: 1, runnerId: RunnerId.parse('r1'), runnerName: 'r' },
};
const finished: BuildEvent = { type: 'BuildFinished', data: { outcome: 'failed' } };

/** Gives the outcomes it was told to, then success; remembers what was tried. */
class ScriptedChannel implements Channel {
  readonly tried: string[] = [];
  readonly outcomes: TryOutcome[] = [];
  hold: Promise<void> = Promise.resolve();
  constructor(readonly name: Channel['name']) {}

  async deliver(...[{ notices }, onOutcome]: Parameters<Channel['deliver']>): Promise<void> {
    for (const notice of notices) {
      this.tried.push(notice.key);
      await this.hold;
      await onOutcome(notice, this.outcomes.shift() ?? { kind: 'delivered' });
    }
  }
}

describe('delivering', () => {
  let events: MemoryEventStore;
  let leases: MemoryLeaseStore;
  let wakeUps: MemoryWakeUps;
  let mail: ScriptedChannel;
  let status: ScriptedChannel;
  let rules: TellingRules;
  let clock: number;
  const reactors: DeliverReactor[] = [];

  beforeEach(() => {
    events = new MemoryEventStore();
    leases = new MemoryLeaseStore(() => clock);
    wakeUps = new MemoryWakeUps();
    mail = new ScriptedChannel('mail');
    status = new ScriptedChannel('commit-status');
    rules = {
      mail: [{ when: 'always', recipients: ['a@x', 'b@x'] }],
      forge: 'github',
      hasForgeToken: true,
      context: 'c',
    };
    clock = Date.now();
  });
  afterEach(async () => {
    await Promise.all(reactors.splice(0).map((reactor) => reactor.stop()));
  });

  /** What one process has. */
  const aProcess = () => {
    const facts = new FactsReader(events);
    const ledger = createLedger(events);
    const reactor = new DeliverReactor({
      facts,
      ledger,
      wakeUps,
      leases,
      channels: [mail, status],
      now: () => clock,
      logger: silentLogger,
    });
    reactors.push(reactor);
    const follower = new BuildFollower({
      facts,
      ledger,
      wakeUps,
      rulesOf: async () => rules,
      previousOutcome: async () => undefined,
      now: () => clock,
      onWakeUp: () => reactor.wake(),
    });
    return { reactor, follower };
  };
  const happen = async (...news: BuildEvent[]): Promise<void> => {
    for (const event of news) {
      const before = await events.readStream({ kind: 'build', id: buildId });
      await events.append({
        stream: { kind: 'build', id: buildId },
        expectedVersion: before.length,
        commandId: CommandId.parse(`c${before.length}`),
        tenant: projectId,
        actor: { kind: 'system', id: 's' },
        trace: { correlationId: 'c' },
        occurredAt: clock,
        events: [event],
      });
    }
  };
  const ledgerTypes = async () =>
    (await events.readStream({ kind: 'notification', id: buildId })).map(({ type }) => type);

  it('plans first, delivers then, and records each outcome', async () => {
    const { follower } = aProcess();
    await happen(requested, finished);
    await follower.follow(buildId);
    await eventually(async () =>
      expect(await ledgerTypes()).toEqual([
        'NoticePlanned',
        'NoticePlanned',
        'NoticePlanned',
        'NoticeDelivered',
        'NoticeDelivered',
        'NoticeDelivered',
      ]),
    );
    expect([...mail.tried, ...status.tried]).toEqual(['mail/a@x', 'mail/b@x', 'commit-status/finished']);
  });

  it('delivers nothing twice, however often and by however many processes the build is followed', async () => {
    const [one, two] = [aProcess(), aProcess()];
    await happen(requested, finished);
    await Promise.all([one, two, one, two].map(({ follower }) => follower.follow(buildId)));
    await eventually(async () =>
      expect((await ledgerTypes()).filter((type) => type === 'NoticeDelivered')).toHaveLength(3),
    );
    await Promise.all([one, two].map(({ follower }) => follower.follow(buildId)));
    one.reactor.wake();
    two.reactor.wake();
    await Promise.all(reactors.splice(0).map((reactor) => reactor.stop()));
    expect(mail.tried).toEqual(['mail/a@x', 'mail/b@x']);
    expect(status.tried).toEqual(['commit-status/finished']);
  });

  it('goes on after a restart with what was planned and not delivered', async () => {
    const first = aProcess();
    mail.outcomes.push({ kind: 'delivered' }, { kind: 'failed', message: 'not now', isPermanent: false });
    await happen(requested, finished);
    await first.follower.follow(buildId);
    await eventually(async () =>
      expect((await ledgerTypes()).filter((type) => type === 'NoticeFailed')).toHaveLength(1),
    );
    await first.reactor.stop();
    clock += 6_000;
    aProcess().reactor.wake();
    await eventually(() => expect(mail.tried).toEqual(['mail/a@x', 'mail/b@x', 'mail/b@x']));
    await eventually(async () => expect(await wakeUps.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]));
  });

  it('lets one channel go on while another hangs', async () => {
    const { follower } = aProcess();
    let release = (): void => undefined;
    mail.hold = new Promise((resolve) => {
      release = resolve;
    });
    await happen(requested, finished);
    await follower.follow(buildId);
    await eventually(() => expect(status.tried).toEqual(['commit-status/finished']));
    expect(mail.tried).toEqual(['mail/a@x']);
    release();
    await eventually(() => expect(mail.tried).toHaveLength(2));
  });

  it('skips a commit status that a later one has overtaken', async () => {
    const { follower } = aProcess();
    status.outcomes.push({ kind: 'failed', message: 'busy', isPermanent: false });
    await happen(requested);
    await follower.follow(buildId);
    await eventually(async () => expect(await ledgerTypes()).toEqual(['NoticePlanned', 'NoticeFailed']));
    await happen(claimed);
    await follower.follow(buildId);
    await eventually(async () =>
      expect(await ledgerTypes()).toEqual([
        'NoticePlanned',
        'NoticeFailed',
        'NoticeSuperseded',
        'NoticePlanned',
        'NoticeDelivered',
      ]),
    );
    expect(status.tried).toEqual(['commit-status/requested', 'commit-status/running']);
  });

  it('does not count a try that failed for want of our own', async () => {
    const { follower } = aProcess();
    mail.outcomes.push(
      { kind: 'not-tried', message: 'nobody answers' },
      { kind: 'not-tried', message: 'nobody answers' },
    );
    rules = { ...rules, hasForgeToken: false };
    await happen(requested, finished);
    await follower.follow(buildId);
    await eventually(() => expect(mail.tried).toHaveLength(2));
    expect(await ledgerTypes()).toEqual(['NoticePlanned', 'NoticePlanned']);
    await eventually(async () => expect(await wakeUps.nextAfter(clock)).toBe(clock + 10_000));
  });

  it('pauses when something of its own breaks, and does not try in a circle', async () => {
    const { follower } = aProcess();
    let asked = 0;
    leases.acquire = async () => {
      asked += 1;
      throw new Error('the database is away');
    };
    await happen(requested, finished);
    await follower.follow(buildId);
    await eventually(async () => expect(await wakeUps.nextAfter(clock)).toBe(clock + 10_000));
    expect(asked).toBe(2);
    expect(mail.tried).toEqual([]);
  });

  it('tells nobody of builds of long ago', async () => {
    const { follower } = aProcess();
    await happen(requested, finished);
    clock += 25 * 60 * 60 * 1000;
    await follower.follow(buildId);
    expect(await ledgerTypes()).toEqual([]);
  });
});
