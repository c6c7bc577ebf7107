import { BuildId, JobId, ProjectId, type EpochMs } from '@cyclone/contracts';
import type { mongo } from 'mongoose';
import type { QueuedJob } from './domain/schedule.js';

interface QueueDocument {
  readonly _id: string;
  readonly projectId: string;
  readonly buildId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly queuedAt: number;
  readonly offeredAt?: number;
  /** Tells one offer of the same attempt from the next. */
  readonly offers: number;
}

export type QueueEntry = QueuedJob & { readonly offers: number };
type Attempt = Pick<QueuedJob, 'buildId' | 'jobId' | 'attempt'>;

const entriesMax = 5_000;

/**
 * Queued attempts and which of them are offered: what the scheduler sees, shared by all instances. Derived from the
 * streams, which alone decide; what is wrong here costs an offer too many or a little time.
 */
export class JobQueue {
  readonly #entries: mongo.Collection<QueueDocument>;

  constructor(database: mongo.Db) {
    this.#entries = database.collection<QueueDocument>('pipeline_job_queue', { writeConcern: { w: 1 } });
  }

  async prepare(): Promise<void> {
    await this.#entries.createIndexes([
      { key: { queuedAt: 1 } },
      { key: { buildId: 1 } },
      { key: { offeredAt: 1 }, sparse: true },
    ]);
  }

  async add(job: QueuedJob): Promise<void> {
    const { projectId, buildId, jobId, attempt, queuedAt } = job;
    const labels = Object.entries(job.labels).map(([name, value]) => ({ name, value }));
    await this.#entries.updateOne(
      { _id: keyOf(job) },
      { $setOnInsert: { projectId, buildId, jobId, attempt, labels, queuedAt, offers: 0 } },
      { upsert: true },
    );
  }

  async remove(attempt: Attempt): Promise<void> {
    await this.#entries.deleteOne({ _id: keyOf(attempt) });
  }

  async removeBuild(buildId: BuildId): Promise<void> {
    await this.#entries.deleteMany({ buildId });
  }

  async entries(): Promise<readonly QueueEntry[]> {
    const documents = await this.#entries.find().sort({ queuedAt: 1 }).limit(entriesMax).toArray();
    return documents.map(fromDocument);
  }

  async ofBuild(buildId: BuildId): Promise<readonly QueueEntry[]> {
    return (await this.#entries.find({ buildId }).toArray()).map(fromDocument);
  }

  async offeredBefore(time: EpochMs): Promise<readonly QueueEntry[]> {
    return (
      await this.#entries
        .find({ offeredAt: { $lt: time } })
        .limit(entriesMax)
        .toArray()
    ).map(fromDocument);
  }

  /** False when another instance was faster. */
  async markOffered(entry: QueueEntry, offeredAt: EpochMs): Promise<boolean> {
    const result = await this.#entries.updateOne(
      { _id: keyOf(entry), offers: entry.offers, offeredAt: { $exists: false } },
      { $set: { offeredAt }, $inc: { offers: 1 } },
    );
    return result.modifiedCount === 1;
  }

  async withdrawOffer(attempt: Attempt): Promise<void> {
    await this.#entries.updateOne({ _id: keyOf(attempt) }, { $unset: { offeredAt: '' } });
  }
}

const keyOf = ({ buildId, jobId, attempt }: Attempt): string => `${buildId}.${jobId}.${attempt}`;

const fromDocument = (document: QueueDocument): QueueEntry => ({
  projectId: ProjectId.parse(document.projectId),
  buildId: BuildId.parse(document.buildId),
  jobId: JobId.parse(document.jobId),
  attempt: document.attempt,
  labels: Object.fromEntries(document.labels.map(({ name, value }) => [name, value])),
  queuedAt: document.queuedAt,
  offers: document.offers,
  ...(document.offeredAt === undefined ? {} : { offeredAt: document.offeredAt }),
});
