import type { mongo } from 'mongoose';
import type { Watermark, WatermarkStore } from '../relay/watermark.js';
import { answered, isDuplicateKey } from './mongo-errors.js';

export interface WatermarkDocument extends Watermark {
  readonly _id: string;
  readonly epoch: number;
}

export class MongoWatermarkStore implements WatermarkStore {
  constructor(
    private readonly watermarks: mongo.Collection<WatermarkDocument>,
    private readonly name = 'events',
  ) {}

  async load(): Promise<Watermark | undefined> {
    const found = await answered('load the watermark', () => this.watermarks.findOne({ _id: this.name }));
    if (found === null) return undefined;
    const { position, streamCreatedAt, streamSequence } = found;
    return { position, streamCreatedAt, streamSequence };
  }

  async save(watermark: Watermark, epoch: number): Promise<boolean> {
    const ours = { _id: this.name, epoch: { $lte: epoch } };
    return answered('save the watermark', async () => {
      try {
        await this.watermarks.updateOne(ours, { $set: { ...watermark, epoch } }, { upsert: true });
        return true;
      } catch (error) {
        // The document is there, with a later epoch.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }
}
