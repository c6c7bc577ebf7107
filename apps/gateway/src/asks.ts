import type { AskDefinition, Refusal } from '@cyclone/contracts';
import type { z } from 'zod';

/**
 * Asks another service and parses its reply. Throws an error with a `refusal` when that service says no, and one with
 * the code `ask-unavailable` when nobody answered in time.
 */
export interface Asks {
  ask<Request extends z.ZodType, Reply extends z.ZodType>(
    definition: AskDefinition<Request, Reply>,
    request: z.input<Request>,
  ): Promise<z.output<Reply>>;
}

/** By shape, since the error may come from any adapter. */
export const refusalOf = (error: unknown): Refusal | undefined =>
  typeof error === 'object' && error !== null && 'refusal' in error ? (error.refusal as Refusal) : undefined;
