// Compiles src/*.ts to dist/*.mjs with the compiler that is inside Node, so that the sample needs no package.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

mkdirSync('dist', { recursive: true });
for (const name of readdirSync('src').sort()) {
  const source = readFileSync(`src/${name}`, 'utf8');
  const code = stripTypeScriptTypes(source, { mode: 'transform', sourceUrl: name });
  const target = `dist/${name.replace(/\.ts$/, '.mjs')}`;
  writeFileSync(target, code.replaceAll(/(from '\.\/[^']+)\.ts'/g, "$1.mjs'"));
  console.log(`${name} -> ${target}`);
}
