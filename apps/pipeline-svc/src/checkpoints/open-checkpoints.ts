import { createCheckpointer, isSignedBy, type CheckpointStore, type CommitReader } from '@cyclone/event-store';
import type { Logger } from '@cyclone/observability';
import type { Clock } from '../clock.js';
import { repeat } from '../repeat.js';
import { CheckpointFile } from './checkpoint-file.js';
import { ensureCheckpointKey } from './checkpoint-key.js';
import type { CheckpointPaths } from './checkpoint-paths.js';

export interface CheckpointsOptions {
  readonly commits: CommitReader;
  readonly checkpoints: CheckpointStore;
  readonly lastPosition: () => Promise<number>;
  readonly paths: CheckpointPaths;
  readonly everyCommits: number;
  readonly everyMs: number;
  readonly now: Clock;
  readonly logger: Logger;
}

export interface Checkpoints {
  /** For the relay's `onSequenced`. */
  readonly sequenced: (position: number) => void;
  /** Looks now and then whether one is due although nothing happens. Of all processes the one that leads makes them. */
  keep(isLeading: () => boolean): KeptCheckpoints;
}

export interface KeptCheckpoints {
  /** Before the relay stops: signs what there is. */
  stop(): Promise<void>;
}

const turnEveryMs = 30_000;

/** Signs checkpoints of the world as it grows, and takes each out of the database's reach. */
export const openCheckpoints = async (options: CheckpointsOptions): Promise<Checkpoints> => {
  const { commits, checkpoints, lastPosition, now, logger, everyCommits, everyMs } = options;
  const { privateKey, publicKey } = await ensureCheckpointKey(options.paths);
  const file = await CheckpointFile.open(options.paths.linesFile);
  const newest = await checkpoints.newest();
  if (newest !== undefined && !isSignedBy(newest, publicKey)) {
    logger.error('the newest checkpoint was signed with another key; cyclone verify needs the public halves of both', {
      position: newest.position,
    });
  }
  const exportLine = (line: string): Promise<void> => file.append(line);
  const checkpointer = createCheckpointer({
    commits,
    checkpoints,
    key: privateKey,
    now,
    exportLine,
    everyCommits,
    everyMs,
  });
  const problem = (error: unknown): void =>
    logger.error('a checkpoint could not be made; it is tried again', { error });

  const keep = (isLeading: () => boolean): KeptCheckpoints => {
    const turns = repeat(
      turnEveryMs,
      async () => {
        if (isLeading()) await checkpointer.advance(await lastPosition());
        const stored = await checkpoints.newest();
        if (stored !== undefined && file.isBehind(stored.position)) await file.catchUp(checkpoints.all(), publicKey);
      },
      problem,
    );
    return {
      stop: async () => {
        await turns.stop();
        if (!isLeading()) return;
        await lastPosition()
          .then((position) => checkpointer.conclude(position))
          .catch(problem);
      },
    };
  };
  return { keep, sequenced: (position) => void checkpointer.advance(position).catch(problem) };
};
