import type { CommandContext } from '../commands/command-context.js';
import type { ExitCode } from '../exit-codes.js';
import type { Terminal } from '../output/terminal.js';
import { createProgram } from '../program.js';

export interface RecordedTerminal extends Terminal {
  text(): string;
}

/** A terminal without colours that remembers what was written. */
export function recordedTerminal(): RecordedTerminal {
  let written = '';
  return {
    colours: false,
    interactive: false,
    columns: 100,
    write: (text) => void (written += text),
    line: (text = '') => void (written += `${text}\n`),
    text: () => written,
  };
}

export interface Ran {
  readonly out: string;
  readonly notes: string;
  /** What the command set; 0 when it set nothing. */
  readonly exitCode: ExitCode;
  /** What it threw: `main.ts` makes a message and an exit code of it. */
  readonly error?: unknown;
}

/** Runs a command as `main.ts` would, without a process. */
export async function runCommand(
  args: readonly string[],
  given: { readonly environment?: Readonly<Record<string, string>>; readonly stdin?: string } = {},
): Promise<Ran> {
  const out = recordedTerminal();
  const notes = recordedTerminal();
  let exitCode: ExitCode = 0;
  const context: CommandContext = {
    environment: { XDG_CONFIG_HOME: '/nonexistent', ...given.environment },
    out,
    notes,
    readStdin: () => Promise.resolve(new TextEncoder().encode(given.stdin ?? '')),
    endWith: (code) => void (exitCode = code),
    leave: (code) => void (exitCode = code),
  };
  let error: unknown;
  try {
    await createProgram(context, '1.2.3').parseAsync([...args], { from: 'user' });
  } catch (thrown) {
    error = thrown;
  }
  return { out: out.text(), notes: notes.text(), exitCode, error };
}
