import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { PlatformUnderTest } from './platform.js';

const commandPath = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const timeoutMs = 60_000;

const Report = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({
      check: z.string(),
      message: z.string(),
      stream: z.string().optional(),
      version: z.number().optional(),
      eventId: z.string().optional(),
      position: z.number().optional(),
      expected: z.string().optional(),
      found: z.string().optional(),
    }),
  ),
  checked: z.object({
    commits: z.number(),
    events: z.number(),
    streams: z.number(),
    checkpoints: z.number(),
    sealedLogs: z.number(),
    views: z.array(z.string()),
  }),
  notChecked: z.array(z.string()),
});

export interface VerifiedInstallation extends z.infer<typeof Report> {
  readonly exitCode: number;
}

/**
 * `cyclone verify` on the running platform, found by its data folder. Once all is quiet `settledSeconds: 0` lets nothing
 * pass as still under way. `acknowledged` are names of streams, like `build-...`, that the API said were made.
 */
export async function verifyInstallation(
  platform: PlatformUnderTest,
  options: { readonly settledSeconds?: number; readonly acknowledged?: readonly string[] } = {},
): Promise<VerifiedInstallation> {
  const { settledSeconds = 600, acknowledged } = options;
  const more: string[] = [];
  if (acknowledged !== undefined) {
    const path = join(platform.dataDir, 'acknowledged.jsonl');
    await writeFile(path, acknowledged.map((stream) => `${JSON.stringify({ stream })}\n`).join(''));
    more.push('--acknowledged', path);
  }
  const { exitCode, stdout, stderr } = await runVerify(platform, [
    '--output',
    'json',
    '--settled',
    String(settledSeconds),
    ...more,
  ]);
  if (stdout === '') throw new Error(`cyclone verify ended with ${exitCode}: ${stderr}`);
  return { exitCode, ...Report.parse(JSON.parse(stdout)) };
}

/** The command as a user types it; any exit code is an answer. */
export function runVerify(
  platform: PlatformUnderTest,
  flags: readonly string[] = [],
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const args = [commandPath, 'verify', '--data', platform.dataDir, ...flags];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: timeoutMs, env: {} }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ exitCode: code, stdout, stderr });
      else reject(error ?? new Error('cyclone verify did not end'));
    });
  });
}
