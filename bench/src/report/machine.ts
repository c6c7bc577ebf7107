import { execFile } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { z } from 'zod';
import { findDockerEngine, inspectParts } from '@cyclone/local-servers';

const run = promisify(execFile);

export const Machine = z.object({
  cores: z.number(),
  processor: z.string(),
  memoryGiB: z.number(),
  system: z.string(),
  versions: z.record(z.string(), z.string()),
});
export type Machine = z.infer<typeof Machine>;

/** What somebody needs to know to compare another machine's results with these. No name of the host. */
export async function describeMachine(): Promise<Machine> {
  const [{ engine }, parts] = await Promise.all([findDockerEngine(), inspectParts()]);
  const found = parts.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version] as const]));
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    versions: {
      node: process.version,
      ...Object.fromEntries(found),
      ...(engine === undefined ? {} : { 'Docker Engine': engine.version }),
    },
  };
}

export const shortNameOf = ({ cores, memoryGiB, system }: Machine): string =>
  `${cores}-cores-${memoryGiB}-gib-${system.split(' ')[0] ?? 'unknown'}`;

/** How many processes wanted a core in the last minute: above the number of cores the figures are blurred. */
export const loadAverage = (): number => Math.round((loadavg()[0] ?? 0) * 100) / 100;

export async function commitOfThisTree(): Promise<string> {
  const { stdout } = await run('git', ['describe', '--always', '--dirty'], { cwd: import.meta.dirname }).catch(() => ({
    stdout: 'not a git tree',
  }));
  return stdout.trim();
}
