import { readFile } from 'node:fs/promises';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { explainFailure } from '../failures.js';
import type { CommandContext } from './command-context.js';

/** `@path` is the file's content and `-` is stdin, so that a secret need not stand in the shell's history. */
export async function readValue(context: Pick<CommandContext, 'readStdin'>, given: string): Promise<string> {
  if (given === '-') return textOf(await context.readStdin(), 'stdin');
  if (!given.startsWith('@')) return given;
  const path = given.slice(1);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new CommandFailure(`${path} cannot be read: ${explainFailure(error)}`, exitCodes.usage);
  }
  return textOf(bytes, path);
}

/** Without the newline that an editor or `echo` leaves at the end. */
function textOf(bytes: Uint8Array, from: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch {
    throw new CommandFailure(`${from} is not text in UTF-8`, exitCodes.usage);
  }
}
