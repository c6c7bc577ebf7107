import { parseArgs } from 'node:util';
import { openTerminal, paint } from '../output/terminal.js';
import { DemoFailure } from './demo-failure.js';
import { runDemo } from './run-demo.js';

const usage = `npm run demo [-- OPTIONS]

Starts the whole platform on this machine, pushes a real commit to a sample repository, and shows what happens:
webhook, build, live log, image, mail. Ends with 0 only when all of it did.

  --keep        leave the platform running afterwards, until Ctrl-C
  --port N      where the API listens (default: a free port)
  --no-install  install nothing; what is missing is named with the command that gets it
  --help        this text`;

const terminal = openTerminal(process.stdout, process.env);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      port: { type: 'string' },
      'no-install': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    terminal.line(usage);
    return 0;
  }
  await runDemo(terminal, { keep: values.keep, port: values.port === undefined ? undefined : Number(values.port) });
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const told =
    error instanceof DemoFailure
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  terminal.line(`\n${paint(terminal, 'red', '✘')} The demo did not work: ${told}`);
  process.exitCode = 1;
}
