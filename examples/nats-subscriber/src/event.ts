/** The part of an event that this program reads; docs/life-of-a-build.md tells what each type means. */
export interface CycloneEvent {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: number;
  readonly stream: { readonly kind: string; readonly id: string };
  readonly streamVersion: number;
  readonly position: number;
  readonly data: unknown;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

export function parseEvent(bytes: Uint8Array): CycloneEvent {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (!isObject(value) || !isObject(value.stream)) throw new Error('not an event of Cyclone');
  const { data, id, occurredAt, position, stream, streamVersion, type } = value;
  const { id: streamId, kind } = stream;
  if (typeof id !== 'string' || typeof type !== 'string' || typeof occurredAt !== 'number')
    throw new Error('an event without id, type or time');
  if (typeof position !== 'number' || typeof streamVersion !== 'number')
    throw new Error(`event ${id} has no place in the order`);
  if (typeof kind !== 'string' || typeof streamId !== 'string') throw new Error(`event ${id} belongs to no stream`);
  return { id, type, occurredAt, stream: { kind, id: streamId }, streamVersion, position, data };
}
