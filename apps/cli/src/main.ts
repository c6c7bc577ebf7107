#!/usr/bin/env node
import { CommanderError } from 'commander';
import { ZodError } from 'zod';
import { MissingPartError } from '@cyclone/local-servers';
import { openCommandContext } from './commands/command-context.js';
import { CommandFailure, exitCodes } from './exit-codes.js';
import { paint } from './output/terminal.js';
import { createProgram } from './program.js';
import { version } from './version.js';

const context = openCommandContext();
try {
  await createProgram(context, version).parseAsync(process.argv);
} catch (error) {
  process.exitCode = explain(error);
}

function explain(error: unknown): number {
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
  if (error instanceof MissingPartError) {
    say(error.message);
    return exitCodes.unreachable;
  }
  if (error instanceof ZodError) {
    for (const issue of error.issues) say(`${issue.path.join('.') || 'value'}: ${issue.message}`);
    return exitCodes.usage;
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return exitCodes.failed;
}
