import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  dispose(): Promise<void>;
}

export async function temporaryFolder(label = 'test'): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `cyclone-${label}-`));
  // A server that was just killed may still be letting go of a file.
  const dispose = () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  return { path, dispose, [Symbol.asyncDispose]: dispose };
}
