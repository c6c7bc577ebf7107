import type { BuildId, EpochMs } from '@cyclone/contracts';
import { databaseOf, durableCollection } from '@cyclone/event-store/mongo';
import type { Connection, mongo } from 'mongoose';
import type { WakeUp, WakeUps } from './wake-ups.js';

interface WakeUpDocument {
  readonly _id: BuildId;
  readonly at: number;
  readonly revision: number;
}

export class MongoWakeUps implements WakeUps {
  private constructor(private readonly collection: mongo.Collection<WakeUpDocument>) {}

  static async open(connection: Connection): Promise<MongoWakeUps> {
    const collection = durableCollection<WakeUpDocument>(await databaseOf(connection), 'notify_wake_ups');
    await collection.createIndex({ at: 1 });
    return new MongoWakeUps(collection);
  }

  async set(buildId: BuildId, at: EpochMs): Promise<void> {
    await this.collection.updateOne({ _id: buildId }, { $min: { at }, $inc: { revision: 1 } }, { upsert: true });
  }

  async due(now: EpochMs, limit: number): Promise<readonly WakeUp[]> {
    const documents = await this.collection
      .find({ at: { $lte: now } })
      .sort({ at: 1 })
      .limit(limit)
      .toArray();
    return documents.map(({ _id, at, revision }) => ({ buildId: _id, at, revision }));
  }

  async nextAfter(now: EpochMs): Promise<EpochMs | undefined> {
    const document = await this.collection.findOne({ at: { $gt: now } }, { sort: { at: 1 } });
    return document?.at;
  }

  async move({ buildId, revision }: WakeUp, at: EpochMs | undefined): Promise<void> {
    if (at === undefined) await this.collection.deleteOne({ _id: buildId, revision });
    else await this.collection.updateOne({ _id: buildId, revision }, { $set: { at } });
  }
}
