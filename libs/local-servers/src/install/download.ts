import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DownloadStrategy, Machine, Part } from '../parts/part.js';
import { runOrThrow } from '../process/run-command.js';
import { findFile } from './find-file.js';
import type { InstallationPlan } from './installation.js';

/** A host that cannot be reached must cost seconds: other ways are waiting. */
const CONNECT_TIMEOUT_MS = 4_000;
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

export async function planDownload(
  part: Part,
  strategy: DownloadStrategy,
  machine: Machine,
): Promise<InstallationPlan> {
  const archiveUrl = strategy.archiveUrl(machine);
  if (archiveUrl === undefined) {
    return { impossible: `download: its vendor has no build for ${machine.platform} ${machine.arch}` };
  }
  const sha256 = await publishedChecksum(strategy.checksumsUrl(archiveUrl), basename(archiveUrl));
  if (sha256 === undefined) {
    return { impossible: `download: ${new URL(archiveUrl).hostname} does not answer` };
  }
  return {
    target: 'folder',
    summary: `version ${strategy.version} downloaded from its vendor, about ${strategy.megabytes} MB`,
    run: async (folder) => {
      const archive = join(folder, basename(archiveUrl));
      await download(archiveUrl, archive, sha256);
      const unpacked = join(folder, 'unpacked');
      await mkdir(unpacked);
      await runOrThrow('tar', ['-xzf', archive, '-C', unpacked], { timeoutMs: DOWNLOAD_TIMEOUT_MS });
      const program = await findFile(unpacked, (name) => name === strategy.member);
      if (program === undefined) throw new Error(`${basename(archiveUrl)} holds no ${strategy.member}`);
      await mkdir(join(folder, 'bin'));
      await copyFile(program, join(folder, 'bin', part.name));
      await chmod(join(folder, 'bin', part.name), 0o755);
      await rm(unpacked, { recursive: true });
      await rm(archive);
    },
  };
}

async function publishedChecksum(url: string, fileName: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    return response.ok ? findChecksum(await response.text(), fileName) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads the output format of `sha256sum`. */
export function findChecksum(text: string, fileName: string): string | undefined {
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]{64})\s+\*?(?:.*\/)?(\S+)\s*$/i.exec(line);
    if (match?.[2] === fileName) return match[1]?.toLowerCase();
  }
  return undefined;
}

async function download(url: string, file: string, sha256: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
  if (!response.ok || response.body === null) throw new Error(`${url} answers ${response.status}`);
  const hash = createHash('sha256');
  const hashed = Readable.from(response.body).on('data', (bytes: Uint8Array) => hash.update(bytes));
  await pipeline(hashed, createWriteStream(file));
  const actual = hash.digest('hex');
  if (actual !== sha256) throw new Error(`${url} has the SHA-256 ${actual} instead of ${sha256}`);
}
