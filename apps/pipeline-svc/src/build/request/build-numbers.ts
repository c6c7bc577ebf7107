import type { ProjectId } from '@cyclone/contracts';
import type { mongo } from 'mongoose';

interface Counter {
  readonly _id: string;
  readonly last: number;
}

/** Build numbers rise within a project; one that was taken and not used is missing for ever. */
export class BuildNumbers {
  readonly #counters: mongo.Collection<Counter>;

  constructor(database: mongo.Db) {
    this.#counters = database.collection<Counter>('pipeline_counters', {
      writeConcern: { w: 'majority', journal: true },
    });
  }

  async next(projectId: ProjectId): Promise<number> {
    const counter = await this.#counters.findOneAndUpdate(
      { _id: projectId },
      { $inc: { last: 1 } },
      { upsert: true, returnDocument: 'after' },
    );
    if (counter === null) throw new Error('the counter of build numbers gave no answer');
    return counter.last;
  }
}
