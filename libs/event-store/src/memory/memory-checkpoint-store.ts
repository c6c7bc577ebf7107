import type { SignedCheckpoint } from '../checkpoint/checkpoint.js';
import type { CheckpointStore } from '../checkpoint/checkpointer.js';

export class MemoryCheckpointStore implements CheckpointStore {
  readonly #checkpoints: SignedCheckpoint[] = [];

  async newest(): Promise<SignedCheckpoint | undefined> {
    return this.#checkpoints.at(-1);
  }

  async add(checkpoint: SignedCheckpoint): Promise<boolean> {
    if ((this.#checkpoints.at(-1)?.position ?? 0) !== checkpoint.previousPosition) return false;
    this.#checkpoints.push(checkpoint);
    return true;
  }

  async *all(): AsyncIterable<unknown> {
    yield* this.#checkpoints;
  }
}
