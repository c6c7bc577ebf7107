import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { GoStrategy, Part } from '../parts/part.js';
import { runCommand, runOrThrow } from '../process/run-command.js';
import type { InstallationPlan } from './installation.js';

const PROBE_TIMEOUT_MS = 15_000;
const BUILD_TIMEOUT_MS = 10 * 60_000;

export async function planGo(part: Part, strategy: GoStrategy): Promise<InstallationPlan> {
  const go = await runCommand('go', ['version'], { timeoutMs: PROBE_TIMEOUT_MS });
  if (go.exitCode !== 0) return { impossible: 'go: the Go toolchain is missing' };
  return {
    target: 'folder',
    summary: `version ${strategy.version} compiled from its Go module, about a minute`,
    run: async (folder) => {
      const bin = join(folder, 'bin');
      await mkdir(bin);
      const args = ['install', '-trimpath', '-ldflags', '-s -w', `${strategy.package}@v${strategy.version}`];
      await runOrThrow('go', args, {
        timeoutMs: BUILD_TIMEOUT_MS,
        // A folder outside any module: the user's go.mod must not steer this build.
        cwd: folder,
        environment: { ...process.env, GOBIN: bin, GO111MODULE: 'on', GOFLAGS: '', CGO_ENABLED: '0' },
      });
      if (strategy.program !== part.name) await rename(join(bin, strategy.program), join(bin, part.name));
    },
  };
}
