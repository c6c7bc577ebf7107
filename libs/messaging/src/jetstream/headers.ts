import type { MsgHdrs } from '@nats-io/nats-core';

/** Plain names and values; of a name that comes several times the first value. */
export const readHeaders = (headers: MsgHdrs | undefined): Readonly<Record<string, string>> => {
  if (headers === undefined) return {};
  return Object.fromEntries(headers.keys().map((name) => [name, headers.get(name)]));
};
