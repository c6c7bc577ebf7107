import { RefusalError } from '@cyclone/messaging/nest';
import type { z } from 'zod';

/** A cursor says nothing to whoever carries it; it is read back by the list that made it. */
export const writeCursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url');

export const readCursor = <Place>(cursor: string, place: z.ZodType<Place>): Place => {
  try {
    return place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new RefusalError({
      kind: 'invalid',
      code: 'cursor-unknown',
      message: 'the cursor is not one that this list gave',
    });
  }
};

export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor?: string;
}

/** One more was read than asked for: it says that there is a next page. */
export const pageOf = <Item>(read: readonly Item[], limit: number, placeOf: (item: Item) => unknown): Page<Item> => {
  const items = read.slice(0, limit);
  const last = items.at(-1);
  return read.length > limit && last !== undefined ? { items, nextCursor: writeCursor(placeOf(last)) } : { items };
};
