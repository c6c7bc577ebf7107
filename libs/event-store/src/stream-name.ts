import { StreamRef } from '@cyclone/contracts';

/** A stream as the store and its indexes know it: `<kind>-<id>`. Kinds hold no `-`, so it can be read back. */
export const streamName = (stream: StreamRef): string => `${stream.kind}-${stream.id}`;

export const parseStreamName = (name: string): StreamRef => {
  const cut = name.indexOf('-');
  return StreamRef.parse({ kind: name.slice(0, cut), id: name.slice(cut + 1) });
};

export const isStreamName = (name: string): boolean => {
  const cut = name.indexOf('-');
  return StreamRef.safeParse({ kind: name.slice(0, cut), id: name.slice(cut + 1) }).success;
};
