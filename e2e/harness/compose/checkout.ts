import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const listBytesMax = 16 * 1024 * 1024;

/**
 * What somebody who cloned this work tree as it is now would have: no modules, nothing compiled. A private certificate
 * authority of this machine is added where docs/operating/compose.md says to, since builds reach registries through it.
 */
export async function copyCheckout(root: string, target: string): Promise<void> {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const { stdout } = await run('git', list, { cwd: root, maxBuffer: listBytesMax });
  const folders = new Set<string>();
  for (const path of stdout.split('\0').filter((name) => name !== '')) {
    const source = join(root, path);
    const isFile = await stat(source).then(
      (entry) => entry.isFile(),
      () => false,
    );
    if (!isFile) continue;
    const copy = join(target, path);
    if (!folders.has(dirname(copy))) await mkdir(dirname(copy), { recursive: true });
    folders.add(dirname(copy));
    await cp(source, copy, { preserveTimestamps: true });
  }
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  if (authorities !== undefined && authorities !== '') {
    await copyFile(authorities, join(target, 'deploy/images/certificates/this-machine.pem'));
  }
}
