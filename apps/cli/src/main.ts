#!/usr/bin/env node
import { CommanderError } from 'commander';
import { openCommandContext } from './commands/command-context.js';
import { CommandFailure, exitCodes, type ExitCode } from './exit-codes.js';
import { hasCode } from './failures.js';
import { paint } from './output/terminal.js';
import { createProgram } from './program.js';
import { version } from './version.js';

const context = openCommandContext();
// Whoever reads our output may have seen enough: `cyclone logs ... | head` is no failure.
process.stdout.on('error', (error) => process.exit(hasCode(error, 'EPIPE') ? exitCodes.ok : exitCodes.failed));
try {
  await createProgram(context, version).parseAsync(process.argv);
} catch (error) {
  context.endWith(explain(error));
  // A part that was being started when another failed may still hold the process: its reason has been told.
  setTimeout(() => process.exit(), 5_000).unref();
}

function explain(error: unknown): ExitCode {
  // Commander has said on stderr what was wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const say = (message: string, hint?: string): void => {
    context.notes.line(`${paint(context.notes, 'red', 'error:')} ${message}`);
    if (hint !== undefined) context.notes.line(`  ${hint}`);
  };
  if (error instanceof CommandFailure) {
    say(error.message, error.hint);
    return error.exitCode;
  }
  // A server of this machine that is missing, or does not start: the message says what to do, or shows the end of its log.
  if (error instanceof Error && (hasCode(error, 'part-missing') || hasCode(error, 'server-not-ready'))) {
    say(error.message);
    return exitCodes.unreachable;
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return exitCodes.failed;
}
