import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ExportedLine, Finding } from '@cyclone/event-store/verify';
import { CommandFailure, exitCodes } from '../exit-codes.js';

const publicKeyBlock = /-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g;

/** A file may hold several: those of keys that signed earlier. */
export async function readPublicKeys(path: string): Promise<readonly KeyObject[]> {
  const blocks = (await read(path)).match(publicKeyBlock) ?? [];
  if (blocks.length === 0) throw new CommandFailure(`${path} holds no public key in PEM`, exitCodes.usage);
  return blocks.map((pem) => createPublicKey(pem));
}

export interface ExportedLines {
  readonly lines: readonly ExportedLine[];
  readonly findings: readonly Finding[];
}

/** A file that is gone is a finding: it was there to outlive the database. */
export async function readExportedLines(path: string): Promise<ExportedLines> {
  try {
    return { lines: parseLines(path, await readFile(path, 'utf8')), findings: [] };
  } catch (error) {
    const message = `the exported checkpoints cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { lines: [], findings: [{ check: 'checkpoint', message }] };
  }
}

/** What is no JSON stays text, and is then found to be no checkpoint. A last line without its end is still being written. */
export const parseLines = (path: string, text: string): readonly ExportedLine[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line, index) => ({ place: `${path}:${index + 1}`, value: parseJson(line) }));

const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
};

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(`the public key cannot be read: ${why}`, exitCodes.usage);
  }
}
