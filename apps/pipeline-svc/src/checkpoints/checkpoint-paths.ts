import { join } from 'node:path';

export interface CheckpointPaths {
  /** Signs. Whoever has it and the database can rewrite history unseen. */
  readonly keyFile: string;
  /** Checks; may be given to anybody. */
  readonly publicKeyFile: string;
  /** A checkpoint a line, out of the database's reach. */
  readonly linesFile: string;
}

/** Where they are when nobody says otherwise; `given` is what the configuration says. */
export const checkpointPathsIn = (
  dataFolder: string,
  given: { readonly keyFile?: string | undefined; readonly linesFile?: string | undefined } = {},
): CheckpointPaths => ({
  keyFile: given.keyFile ?? join(dataFolder, 'checkpoint-key.pem'),
  publicKeyFile: join(dataFolder, 'checkpoint-key.pub.pem'),
  linesFile: given.linesFile ?? join(dataFolder, 'checkpoints.jsonl'),
});
