import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunnerId } from '@cyclone/contracts';

/** The runner's id for ever: made at the first start, and kept beside its journals. */
export const loadRunnerId = async (dataDir: string): Promise<RunnerId> => {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'runner-id');
  // Fails where the file is there already, which is the answer then.
  await writeFile(file, `r-${randomBytes(6).toString('hex')}`, { flag: 'wx', flush: true }).catch(() => undefined);
  return RunnerId.parse((await readFile(file, 'utf8')).trim());
};
