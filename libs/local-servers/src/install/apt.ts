import type { AptStrategy, Machine } from '../parts/part.js';
import { runCommand, runOrThrow } from '../process/run-command.js';
import { withPackageLists } from './debian-packages.js';
import type { InstallationPlan } from './installation.js';

const INSTALL_TIMEOUT_MS = 10 * 60_000;

export async function planApt(strategy: AptStrategy, machine: Machine): Promise<InstallationPlan> {
  const packages = strategy.packages.join(' ');
  const apt = await runCommand('apt-get', ['--version'], { timeoutMs: 15_000 });
  if (apt.exitCode !== 0) return { impossible: 'apt: not a Debian-like system' };
  if (!machine.isRoot) return { impossible: `apt: only root may run apt-get install ${packages}` };
  return {
    target: 'system',
    summary: `Debian packages ${packages}, by apt-get`,
    run: () =>
      withPackageLists(async () => {
        const args = ['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
        await runOrThrow('apt-get', [...args, ...strategy.packages], {
          timeoutMs: INSTALL_TIMEOUT_MS,
          environment: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        });
      }),
  };
}
