/**
 * From a fresh clone to a running target with one command: `node tools/bootstrap/run.mjs <demo|test|bench>`.
 * Runs under Node 20 and before `npm ci`, hence plain JavaScript with nothing but Node's own modules.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments, usage } from './arguments.mjs';
import { installModules } from './install-modules.mjs';
import { withTreeLock } from './lock.mjs';
import { Phases } from './phases.mjs';
import { checkPrerequisites, runtimeNode } from './prerequisites.mjs';
import { root, run, say } from './run-program.mjs';
import { runTests, zeroResult } from './run-tests.mjs';

/** Targets that are one program; `test` is several and counts. */
const PROGRAMS = {
  demo: { file: 'apps/cli/dist/demo/main.js', servers: 'demo' },
  bench: { file: 'bench/dist/main.js', servers: 'bench' },
};

async function main() {
  const request = parseArguments(process.argv.slice(2));
  if (request.problem !== undefined) {
    say(`${request.problem}\n\n${usage}`);
    return 2;
  }
  if (request.noInstall) process.env.CYCLONE_NO_INSTALL = '1';
  const phases = new Phases();
  try {
    const servers = serversFor(request);
    await withTreeLock(join(root, '.cyclone-state', 'bootstrap.lock'), () => prepare(phases, servers));
    return request.target === 'test' ? await runTests(request, phases) : await runProgram(request, phases);
  } catch (error) {
    say(`\n${error.message}`);
    if (request.target === 'test') zeroResult(phases);
    return 1;
  }
}

function serversFor(request) {
  if (request.target !== 'test') return PROGRAMS[request.target].servers;
  return request.tiers.every((tier) => tier.servers === undefined) ? undefined : 'test';
}

async function prepare(phases, servers) {
  await phases.time('prerequisites', checkPrerequisites);
  await phases.time('npm packages', installModules);
  const node = runtimeNode();
  await phases.time('build', async () => {
    const exitCode = await run(node, [join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc'), '-b'], {
      toStderr: true,
    });
    if (exitCode !== 0) throw new Error('The build failed (tsc -b); its messages stand above.');
  });
  if (servers === undefined) return;
  await phases.time('servers and images', async () => {
    const script = join(root, 'tools', 'bootstrap', 'ensure-servers.mjs');
    const exitCode = await run(node, [script, servers], { toStderr: true });
    if (exitCode !== 0) throw new Error('A server that is needed is not there; the reason stands above.');
  });
}

async function runProgram(request, phases) {
  const file = join(root, PROGRAMS[request.target].file);
  if (!existsSync(file)) throw new Error(`${PROGRAMS[request.target].file} does not exist after the build.`);
  phases.print();
  return await run(runtimeNode(), [file, ...request.rest], {});
}

process.exitCode = await main();
