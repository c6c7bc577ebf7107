import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run-program.mjs';

const NODE_MAJOR_MIN = 20;
const RUNTIME_MAJOR = 24;

export function checkPrerequisites() {
  const problems = [];
  if (majorOf(process.versions.node) < NODE_MAJOR_MIN) {
    problems.push(`Node.js ${process.versions.node} is too old: version ${NODE_MAJOR_MIN} or newer is needed.`);
  }
  for (const [program, remedy] of [
    ['npm', 'it comes with Node.js'],
    ['git', 'Debian: apt-get install git'],
  ]) {
    const { status } = spawnSync(program, ['--version'], { stdio: 'ignore' });
    if (status !== 0) problems.push(`${program} is missing (${remedy}).`);
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** The Node.js that everything after `npm ci` runs on: a package brings it, unless the machine's own will do. */
export function runtimeNode() {
  const fromPackage = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(fromPackage)) return fromPackage;
  if (majorOf(process.versions.node) >= RUNTIME_MAJOR) return process.execPath;
  throw new Error(
    `Node.js ${RUNTIME_MAJOR} is needed, and no npm package brings it to ${process.platform} ${process.arch}.`,
  );
}

function majorOf(version) {
  return Number.parseInt(version, 10);
}
