import { buildEvents } from './build/events.js';
import { deliveryEvents } from './delivery/events.js';
import type { EventDefinition } from './event-definition.js';
import { logEvents } from './log/events.js';
import { notificationEvents } from './notification/events.js';
import { projectEvents } from './project/events.js';
import { tokenEvents } from './token/events.js';

/** Every (type, version) that was ever stored. Types are unique over all stream kinds. */
export const eventCatalog: readonly EventDefinition[] = [
  ...projectEvents,
  ...deliveryEvents,
  ...buildEvents,
  ...logEvents,
  ...notificationEvents,
  ...tokenEvents,
];

/** Changes data of one version to the next; kept for every step from the oldest. Key: `Type.version`. */
export const upcasters: ReadonlyMap<string, (data: unknown) => unknown> = new Map();

export class UnknownEventTypeError extends Error {
  readonly code = 'unknown-event-type';
  constructor(readonly type: string) {
    super(`no event of type ${type} is known; it was written by a newer version, or is damaged`);
  }
}

export class UnknownEventVersionError extends Error {
  readonly code = 'unknown-event-version';
  constructor(
    readonly type: string,
    readonly version: number,
    readonly known: readonly number[],
  ) {
    super(`version ${version} of ${type} is not known; known are ${known.join(', ')}`);
  }
}

const currentByType = new Map<string, EventDefinition>();
for (const definition of eventCatalog) {
  const seen = currentByType.get(definition.type);
  if (seen === undefined || seen.version < definition.version) currentByType.set(definition.type, definition);
}

export const currentDefinition = (type: string): EventDefinition => {
  const definition = currentByType.get(type);
  if (definition === undefined) throw new UnknownEventTypeError(type);
  return definition;
};

/** Stored data of any known version to the current one, parsed. Throws the two errors above, or a ZodError. */
export const readEventData = (type: string, version: number, data: unknown): unknown => {
  const definition = currentDefinition(type);
  let value = data;
  for (let at = version; at < definition.version; at += 1) {
    const upcast = upcasters.get(`${type}.${at}`);
    if (upcast === undefined) break;
    value = upcast(value);
  }
  const known = eventCatalog.filter((entry) => entry.type === type).map((entry) => entry.version);
  if (!known.includes(version)) throw new UnknownEventVersionError(type, version, known);
  return definition.schema.parse(value);
};
