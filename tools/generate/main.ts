import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generatedFiles, repositoryRoot } from './generated-files.ts';

for (const { path, render } of generatedFiles) {
  const target = join(repositoryRoot, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, await render());
  process.stdout.write(`${path}\n`);
}
