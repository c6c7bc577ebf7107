import type { StepId } from '@cyclone/contracts';
import { z } from 'zod';

/** How far a reader has come in one step's log. */
export interface StepPlace {
  readonly fence: number;
  readonly offset: number;
}

/**
 * How far a reader has come in a build: which steps are over for them, and their place in those that are not. Steps
 * are counted in the plan's order, so that the cursor of a build with a thousand steps stays a few hundred characters.
 */
export interface LogPlaces {
  readonly ended: ReadonlySet<StepId>;
  readonly open: ReadonlyMap<StepId, StepPlace>;
}

export const emptyPlaces: LogPlaces = { ended: new Set(), open: new Map() };

const Stored = z.tuple([
  z.literal(1),
  z
    .string()
    .regex(/^[0-9a-f]*$/)
    .max(10_000),
  z
    .array(z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative(), z.number().int().nonnegative()]))
    .max(10_000),
]);

export const writeLogCursor = (order: readonly StepId[], places: LogPlaces): string => {
  const bits = Buffer.alloc(Math.ceil(order.length / 8));
  const open: [number, number, number][] = [];
  order.forEach((stepId, index) => {
    if (places.ended.has(stepId)) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
    const place = places.open.get(stepId);
    if (place !== undefined) open.push([index, place.fence, place.offset]);
  });
  return Buffer.from(JSON.stringify([1, bits.toString('hex').replace(/(?:00)+$/, ''), open])).toString('base64url');
};

/** Undefined for what is not a cursor, or one of another build. */
export const readLogCursor = (order: readonly StepId[], cursor: string): LogPlaces | undefined => {
  const parsed = Stored.safeParse(parseJson(cursor));
  if (!parsed.success) return undefined;
  const [, hex, openList] = parsed.data;
  const bits = Buffer.from(hex, 'hex');
  const ended = new Set(order.filter((_, index) => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0));
  const open = new Map<StepId, StepPlace>();
  for (const [index, fence, offset] of openList) {
    const stepId = order[index];
    if (stepId === undefined) return undefined;
    open.set(stepId, { fence, offset });
  }
  return { ended, open };
};

const parseJson = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
};
