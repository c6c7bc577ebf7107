import type { Refusal } from '@cyclone/contracts';
import { z } from 'zod';

const Refused = z.object({
  kind: z.enum(['not-found', 'conflict', 'invalid', 'forbidden', 'unavailable']),
  code: z.string(),
  message: z.string(),
  details: z.unknown().optional(),
}) satisfies z.ZodType<Refusal>;

/** What travels back. A reply, a refusal and a failure are all ordinary answers to the transport. */
export const Answer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('reply'), reply: z.unknown() }),
  z.object({ kind: z.literal('refused'), refusal: Refused }),
  z.object({ kind: z.literal('failed'), reason: z.string(), retriable: z.boolean() }),
]);
export type Answer = z.infer<typeof Answer>;
