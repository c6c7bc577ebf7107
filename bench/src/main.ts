import { fileURLToPath } from 'node:url';
import { readArguments, usage, type BenchArguments } from './arguments.js';
import { measures } from './measures/measures.js';
import { updateBenchmarksPage } from './report/benchmarks-page.js';
import { describeMachine } from './report/machine.js';
import { storeResults } from './report/results-file.js';
import { markdownTable, terminalTable } from './report/table.js';
import { runMeasures } from './run-measures.js';

const resultsFolder = fileURLToPath(new URL('../results', import.meta.url));
const page = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));

/** For people, so on standard error: standard output is the results'. */
const say = (message: string): void => void process.stderr.write(`${message}\n`);

async function main({ only, rounds, output, store, profileDir }: BenchArguments): Promise<void> {
  const chosen = measures.filter(({ id, onlyWhenNamed }) =>
    only === undefined ? onlyWhenNamed !== true : only.includes(id),
  );
  const done = await runMeasures(chosen, { rounds, profileDir, say });
  const results = {
    date: new Date().toISOString().slice(0, 10),
    machine: await describeMachine(),
    measures: [...done],
  };
  process.stdout.write(`${output === 'json' ? JSON.stringify(results, null, 2) : terminalTable(results)}\n`);
  if (!store) return;
  await updateBenchmarksPage(page, markdownTable(await storeResults(resultsFolder, results)));
  say(`stored in bench/results, and shown in docs/benchmarks.md`);
}

const read = readArguments(
  process.argv.slice(2),
  measures.map(({ id }) => id),
);
if (typeof read === 'string') {
  say(`${read}\n\n${usage}`);
  process.exitCode = 2;
} else {
  await main(read);
}
