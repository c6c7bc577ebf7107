import { readFile, rename, writeFile } from 'node:fs/promises';

/** The place of an event in the order of everything: events of one commit share their position. */
export interface Position {
  readonly position: number;
  readonly streamVersion: number;
}

export const beginning: Position = { position: 0, streamVersion: 0 };

export const isAfter = (one: Position, other: Position): boolean =>
  one.position > other.position || (one.position === other.position && one.streamVersion > other.streamVersion);

const isPosition = (value: unknown): value is Position =>
  typeof value === 'object' &&
  value !== null &&
  'position' in value &&
  'streamVersion' in value &&
  typeof value.position === 'number' &&
  typeof value.streamVersion === 'number';

export async function loadPosition(file: string): Promise<Position> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return beginning;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (!isPosition(value)) throw new Error(`${file} holds no position`);
  return value;
}

/** The old one or the new one, never half of it, wherever the process is cut off. */
export async function savePosition(file: string, { position, streamVersion }: Position): Promise<void> {
  const draft = `${file}.draft`;
  await writeFile(draft, `${JSON.stringify({ position, streamVersion })}\n`);
  await rename(draft, file);
}
