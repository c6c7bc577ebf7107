import { leaseMs, RunnerAnnouncement, type EpochMs, type RunnerId, type RunnerView } from '@cyclone/contracts';
import type { mongo } from 'mongoose';
import type { AvailableRunner } from '../scheduling/domain/schedule.js';

interface RunnerDocument {
  readonly _id: string;
  readonly announcement: unknown;
  readonly freeSlots: number;
  readonly seenAt: Date;
}

interface ControlPlaneDocument {
  readonly _id: 'control-plane';
  readonly lastBeatAt: Date;
  readonly wellSince: Date;
}

/** Beats further apart than this are an outage of our own. */
const beatGapMsMax = 15_000;
const forgetRunnerAfterMs = 24 * 60 * 60 * 1000;

export interface LeaseSituation {
  readonly now: EpochMs;
  readonly wellSince: EpochMs;
  readonly seenAt: ReadonlyMap<RunnerId, EpochMs>;
}

/** Who was heard of when, by the database's clock: ours may jump, and another instance's may differ. */
export class RunnerLeases {
  readonly #runners: mongo.Collection<RunnerDocument>;
  readonly #controlPlane: mongo.Collection<ControlPlaneDocument>;

  constructor(database: mongo.Db) {
    const options = { writeConcern: { w: 'majority', journal: true } } as const;
    this.#runners = database.collection<RunnerDocument>('pipeline_runners', options);
    this.#controlPlane = database.collection<ControlPlaneDocument>('pipeline_control_plane', options);
  }

  async announce(announcement: RunnerAnnouncement): Promise<void> {
    await this.#runners.updateOne(
      { _id: announcement.runnerId },
      [{ $set: { announcement: { $literal: announcement }, freeSlots: announcement.freeSlots, seenAt: '$$NOW' } }],
      { upsert: true },
    );
  }

  /** A claim takes a slot until the runner says anew what it has. */
  async takeSlot(runnerId: RunnerId): Promise<void> {
    await this.#runners.updateOne({ _id: runnerId, freeSlots: { $gt: 0 } }, { $inc: { freeSlots: -1 } });
  }

  /** Says that the control plane listens; a long silence before it begins a new span of being well. */
  async beat(): Promise<void> {
    const silent = { $gt: [{ $subtract: ['$$NOW', { $ifNull: ['$lastBeatAt', new Date(0)] }] }, beatGapMsMax] };
    await this.#controlPlane.updateOne(
      { _id: 'control-plane' },
      [{ $set: { wellSince: { $cond: [silent, '$$NOW', '$wellSince'] }, lastBeatAt: '$$NOW' } }],
      { upsert: true },
    );
  }

  async situation(): Promise<LeaseSituation> {
    const [controlPlane] = await this.#controlPlane
      .aggregate<{ wellSince: Date; now: Date }>([
        { $match: { _id: 'control-plane' } },
        { $project: { wellSince: 1, now: '$$NOW' } },
      ])
      .toArray();
    const now = controlPlane?.now.getTime() ?? 0;
    await this.#runners.deleteMany({ seenAt: { $lt: new Date(now - forgetRunnerAfterMs) } });
    const seenAt = new Map<RunnerId, EpochMs>();
    for (const { document, announcement } of await this.#all())
      seenAt.set(announcement.runnerId, document.seenAt.getTime());
    return { now, wellSince: controlPlane?.wellSince.getTime() ?? now, seenAt };
  }

  async list(): Promise<readonly RunnerView[]> {
    const { now } = await this.situation();
    const all = await this.#all();
    return all.map(({ document, announcement }) => ({
      id: announcement.runnerId,
      name: announcement.name,
      pool: announcement.pool,
      labels: announcement.labels,
      executor: announcement.executor,
      version: announcement.version,
      slots: announcement.slots,
      freeSlots: document.freeSlots,
      held: announcement.held,
      draining: announcement.draining,
      online: now - document.seenAt.getTime() <= leaseMs,
      lastSeenAt: document.seenAt.getTime(),
    }));
  }

  /** Runners that may be offered work now. */
  async available(): Promise<readonly AvailableRunner[]> {
    const documents = await this.#runners
      .find({ $expr: { $lte: [{ $subtract: ['$$NOW', '$seenAt'] }, leaseMs] } })
      .toArray();
    return documents.flatMap((document) => {
      const announcement = RunnerAnnouncement.safeParse(document.announcement);
      if (!announcement.success || announcement.data.draining) return [];
      const { runnerId, pool, labels } = announcement.data;
      return [{ runnerId, pool, labels, freeSlots: document.freeSlots }];
    });
  }

  async #all(): Promise<readonly { document: RunnerDocument; announcement: RunnerAnnouncement }[]> {
    const documents = await this.#runners.find().sort({ _id: 1 }).toArray();
    return documents.flatMap((document) => {
      const announcement = RunnerAnnouncement.safeParse(document.announcement);
      return announcement.success ? [{ document, announcement: announcement.data }] : [];
    });
  }
}
