import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeNode } from './prerequisites.mjs';
import { root, run, say } from './run-program.mjs';

const CHECK_TIMEOUT_MS = 15 * 60_000;

/** Runs the tiers one after another, whatever fails, and ends with the line `N passed, N failed`. */
export async function runTests(request, phases) {
  const results = [];
  if (request.withCheck) results.push(await phases.time('check', runCheck));
  for (const tier of request.tiers) {
    results.push(await phases.time(`${tier.name} tests`, () => runTier(tier, request.rest)));
  }
  phases.print();
  const total = addUp(results);
  for (const { name, passed, failed, skipped } of results) say(`${name}: ${describe({ passed, failed, skipped })}`);
  if (total.passed + total.failed === 0) say('No test ran, which counts as a failure.');
  printFinalLine(total);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

/** The preparation failed: no test could run, and the last line must say so in its usual form. */
export function zeroResult(phases) {
  phases.print();
  printFinalLine({ passed: 0, failed: 1, skipped: 0 });
}

async function runTier(tier, jestArgs) {
  const folder = mkdtempSync(join(tmpdir(), 'cyclone-test-results-'));
  const outputFile = join(folder, 'results.json');
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = ['--selectProjects', tier.name, '--passWithNoTests', '--json', `--outputFile=${outputFile}`];
  try {
    const exitCode = await run(
      runtimeNode(),
      ['--experimental-vm-modules', jest, ...args, ...tier.jestArgs, ...jestArgs],
      {
        timeoutMs: tier.timeoutMs,
        // Jest's workers do not inherit arguments of Node.js, only its environment.
        environment: {
          NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`.trim(),
        },
      },
    );
    return { name: tier.name, ...readResults(outputFile, exitCode) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files that did not even load hold tests that did not run: each counts as a failure. */
function readResults(outputFile, exitCode) {
  let report;
  try {
    report = JSON.parse(readFileSync(outputFile, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.numPendingTests + report.numTodoTests;
  return { passed: report.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

async function runCheck() {
  const exitCode = await run('npm', ['run', '--silent', 'check'], { timeoutMs: CHECK_TIMEOUT_MS });
  return { name: 'check', passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
}

function addUp(results) {
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function printFinalLine(total) {
  process.stdout.write(`${describe(total)}\n`);
}
