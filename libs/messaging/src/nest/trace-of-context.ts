import { NatsContext } from '@nestjs/microservices';
import type { Trace } from '@cyclone/contracts';
import { traceFromHeaders } from '@cyclone/observability';
import { MsgHdrsImpl } from '@nats-io/nats-core';
import { readHeaders } from '../jetstream/headers.js';

/** The asker's trace, from the headers that came with its question. */
export const traceOfContext = (context: unknown): Trace | undefined => {
  if (!(context instanceof NatsContext)) return undefined;
  const headers: unknown = context.getHeaders();
  return headers instanceof MsgHdrsImpl ? traceFromHeaders(readHeaders(headers)) : undefined;
};
