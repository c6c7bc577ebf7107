import { buffer } from 'node:stream/consumers';
import { createApiClient, type ApiClient } from '../client/api-client.js';
import { resolveContext } from '../client/context.js';
import type { ExitCode } from '../exit-codes.js';
import { openTerminal, type Terminal } from '../output/terminal.js';

/** All that a command sees of its process. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Results: stdout. */
  readonly out: Terminal;
  /** Progress and remarks: stderr, so that a pipe gets results only. */
  readonly notes: Terminal;
  /** The whole of stdin. */
  readStdin(): Promise<Uint8Array>;
  /** With which code the process will end when the command is done; a command that throws has no need of it. */
  endWith(code: ExitCode): void;
  /** Ends the process now, whatever else it still waits for. */
  leave(code: ExitCode): void;
}

export const openCommandContext = (): CommandContext => ({
  environment: process.env,
  out: openTerminal(process.stdout, process.env),
  notes: openTerminal(process.stderr, process.env),
  readStdin: () => buffer(process.stdin),
  endWith: (code) => void (process.exitCode = code),
  leave: (code) => process.exit(code),
});

/** Flags of every command that talks to a server. */
export interface ServerFlags {
  readonly url?: string;
  readonly token?: string;
  readonly output?: 'table' | 'json';
}

export async function connect(context: CommandContext, flags: ServerFlags): Promise<ApiClient> {
  return createApiClient(await resolveContext(flags, context.environment), { timeoutMs: 30_000 });
}

/** One value, for people or for a script. */
export function show<Value>(
  context: CommandContext,
  flags: ServerFlags,
  value: Value,
  format: (value: Value) => string,
): void {
  context.out.line(flags.output === 'json' ? JSON.stringify(value, null, 2) : format(value));
}
