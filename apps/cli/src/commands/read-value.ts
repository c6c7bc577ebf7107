import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CommandFailure, exitCodes } from '../exit-codes.js';

/** `@path` is the file's content and `-` is stdin, so that a secret need not stand in the shell's history. */
export async function readValue(given: string): Promise<string> {
  if (given === '-') return stripLastNewline(await text(process.stdin));
  if (!given.startsWith('@')) return given;
  try {
    return stripLastNewline(await readFile(given.slice(1), 'utf8'));
  } catch (error) {
    throw new CommandFailure(
      `${given.slice(1)} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      exitCodes.usage,
    );
  }
}

const stripLastNewline = (value: string): string => value.replace(/\r?\n$/, '');
