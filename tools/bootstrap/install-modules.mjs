import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say } from './run-program.mjs';

const modules = join(root, 'node_modules');
const lockFile = join(root, 'package-lock.json');
const marker = join(modules, '.cyclone-installed');

/** `npm ci`, only when the lockfile says something else than what was installed last. */
export async function installModules() {
  const wanted = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (isInstalled(wanted)) {
    say('npm packages are up to date');
    return;
  }
  say('Installing the npm packages of package-lock.json into node_modules (about 550 MB on disk, one minute)');
  const exitCode = await run('npm', ['ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'], {
    toStderr: true,
  });
  if (exitCode !== 0) throw new Error(`npm ci failed with exit code ${exitCode}.`);
  writeFileSync(marker, wanted);
}

function isInstalled(wanted) {
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return true;
  // npm writes this file last. Whoever ran npm by hand after the lockfile changed has installed it too.
  const writtenByNpm = join(modules, '.package-lock.json');
  if (!existsSync(writtenByNpm)) return false;
  return statSync(writtenByNpm).mtimeMs >= statSync(lockFile).mtimeMs;
}
