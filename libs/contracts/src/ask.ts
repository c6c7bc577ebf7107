import type { z } from 'zod';
import { subjects } from './subjects.js';

/** One question between services (NestJS microservices over NATS request/reply). A lost one is asked again: every handler is idempotent. */
export interface AskDefinition<Request extends z.ZodType = z.ZodType, Reply extends z.ZodType = z.ZodType> {
  readonly subject: string;
  readonly request: Request;
  readonly reply: Reply;
  readonly timeoutMs: number;
}

export const defineAsk = <Request extends z.ZodType, Reply extends z.ZodType>(
  service: Parameters<typeof subjects.ask>[0],
  what: string,
  shapes: { request: Request; reply: Reply; timeoutMs?: number },
): AskDefinition<Request, Reply> => ({
  subject: subjects.ask(service, what),
  request: shapes.request,
  reply: shapes.reply,
  timeoutMs: shapes.timeoutMs ?? 5_000,
});

/**
 * A refusal that crosses a process: a stable code, a sentence that says what, where and how to mend.
 * `kind` is what the gateway maps to a status: not-found 404, conflict 409, invalid 422, forbidden 403, unavailable 503.
 */
export interface Refusal {
  readonly kind: 'not-found' | 'conflict' | 'invalid' | 'forbidden' | 'unavailable';
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
}
