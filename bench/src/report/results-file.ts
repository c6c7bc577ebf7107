import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Figure } from '../figure.js';
import { Machine, shortNameOf } from './machine.js';

export const MeasureResult = z.object({
  id: z.string(),
  title: z.string(),
  measuredAt: z.string(),
  /** Of the tree that was measured. */
  commit: z.string(),
  rounds: z.number(),
  /** One-minute load average of the machine before and after. */
  load: z.object({ before: z.number(), after: z.number() }),
  figures: z.array(Figure),
  notes: z.array(z.string()),
});
export type MeasureResult = z.infer<typeof MeasureResult>;

export const BenchResults = z.object({
  date: z.string(),
  machine: Machine,
  measures: z.array(MeasureResult),
});
export type BenchResults = z.infer<typeof BenchResults>;

const nameOf = (results: BenchResults): string => `${results.date}-${shortNameOf(results.machine)}.json`;

/** A machine's results of one day are one file: measures that were done again replace the older ones. */
export async function storeResults(folder: string, results: BenchResults): Promise<BenchResults> {
  const path = join(folder, nameOf(results));
  const merged = mergeResults(await readIfThere(path), results);
  await mkdir(folder, { recursive: true });
  await writeFile(path, `${JSON.stringify(rounded(merged), null, 2)}\n`);
  return merged;
}

export function mergeResults(earlier: BenchResults | undefined, later: BenchResults): BenchResults {
  if (earlier === undefined) return later;
  const again = new Map(later.measures.map((measure) => [measure.id, measure]));
  const kept = earlier.measures.map((measure) => again.get(measure.id) ?? measure);
  const known = new Set(earlier.measures.map(({ id }) => id));
  return { ...later, measures: [...kept, ...later.measures.filter(({ id }) => !known.has(id))] };
}

/** Four digits say all that was measured, and keep the file readable. */
const rounded = (results: BenchResults): unknown =>
  JSON.parse(
    JSON.stringify(results, (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)),
  );

async function readIfThere(path: string): Promise<BenchResults | undefined> {
  try {
    return BenchResults.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
