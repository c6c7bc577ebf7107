import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSourceUrl, resolveSource, SourceRefusedError, type SourcePolicy } from '@cyclone/job-engine/source-policy';
import type { JudgeSource, SourceVerdict } from './source-reader.js';

/** The shared policy of where repositories may live, asked with this machine's names and folders. */
export const judgeSourceBy =
  (policy: SourcePolicy): JudgeSource =>
  async (url) => {
    try {
      const source = readSourceUrl(url, policy);
      if (source.kind === 'folder') return { kind: 'folder', path: await gitFolderOf(source.path) };
      const addresses = await resolveSource(source).catch((error: unknown) => {
        if (error instanceof SourceRefusedError) throw error;
        return undefined;
      });
      if (addresses === undefined) return { kind: 'unresolved', message: `the host ${source.host} cannot be resolved` };
      const pin = { host: source.host, port: source.port, addresses };
      return { kind: 'remote', url, ...(source.protocol === 'ssh' ? {} : { pin }) } satisfies SourceVerdict;
    } catch (error) {
      if (error instanceof SourceRefusedError) return { kind: 'refused', message: error.message };
      throw error;
    }
  };

/** A folder with a work tree keeps its repository inside. */
const gitFolderOf = async (path: string): Promise<string> => {
  const inside = join(path, '.git');
  return (await stat(inside).catch(() => undefined))?.isDirectory() === true ? inside : path;
};
