import { z } from 'zod';
import { ProblemError } from '../http/problem-error.js';

/** Opaque to callers: the sort key of the last item, which is all that going on needs. */
const Key = z.tuple([z.number().int(), z.string().max(100)]);
export type CursorKey = z.output<typeof Key>;

export const writeCursor = (key: CursorKey): string => Buffer.from(JSON.stringify(key)).toString('base64url');

export const readCursor = (cursor: string): CursorKey => {
  try {
    return Key.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (error) {
    throw new ProblemError(400, 'bad-cursor', 'query.after: not a cursor that this list gave', { cause: error });
  }
};

/** One more than asked for was read: it tells whether there is a next page. */
export const pageOf = <Item>(
  found: readonly Item[],
  limit: number,
  keyOf: (item: Item) => CursorKey,
): { items: Item[]; nextCursor?: string } => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, nextCursor: writeCursor(keyOf(last)) } : { items };
};
