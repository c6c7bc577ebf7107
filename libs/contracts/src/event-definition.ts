import type { z } from 'zod';
import type { StreamKind } from './envelope.js';

/**
 * One (type, version) of the catalogue. An event is stored for ever: adding an optional field keeps the
 * version; anything else is a new version with an upcaster, and the old shape stays here, frozen.
 */
export interface EventDefinition<Type extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly type: Type;
  readonly version: number;
  readonly stream: StreamKind;
  /** One line of meaning, shown in the generated catalogue. */
  readonly meaning: string;
  readonly schema: Schema;
}

export const defineEvent = <Type extends string, Schema extends z.ZodType>(
  definition: EventDefinition<Type, Schema>,
): EventDefinition<Type, Schema> => definition;

/** The union `{type, data}` of a list of definitions: what deciders return and `evolve` takes. */
export type EventOf<Definitions extends readonly EventDefinition[]> = {
  [Index in keyof Definitions]: Definitions[Index] extends EventDefinition<infer Type, infer Schema>
    ? { readonly type: Type; readonly data: z.infer<Schema> }
    : never;
}[number];
