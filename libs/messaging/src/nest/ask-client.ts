import { Injectable } from '@nestjs/common';
import { NatsRecordBuilder } from '@nestjs/microservices';
import type { ClientProxy } from '@nestjs/microservices';
import type { AskDefinition, Trace } from '@cyclone/contracts';
import { currentTrace, traceToHeaders } from '@cyclone/observability';
import { headers as createHeaders } from '@nats-io/nats-core';
import type { MsgHdrs } from '@nats-io/nats-core';
import { firstValueFrom, timeout, TimeoutError } from 'rxjs';
import type { z } from 'zod';
import type { NatsLink } from '../jetstream/nats-link.js';
import { Answer } from './answer.js';
import { AskFailedError, AskRefusedError, AskUnavailableError } from './ask-errors.js';
import { SharedNatsClient } from './shared-nats.client.js';

export interface AskOptions {
  /** What the asker is doing. By default the trace of the work that runs. */
  readonly trace?: Trace;
  /** By default the definition's. */
  readonly timeoutMs?: number;
}

const headersOf = (trace: Trace | undefined): MsgHdrs | undefined => {
  if (trace === undefined) return undefined;
  const headers = createHeaders();
  for (const [name, value] of Object.entries(traceToHeaders(trace))) headers.set(name, value);
  return headers;
};

/**
 * Asks another service and waits for its answer. Throws {@link AskRefusedError}, {@link AskUnavailableError}
 * (retriable: whether the question was carried out is unknown) or {@link AskFailedError}.
 */
@Injectable()
export class AskClient {
  constructor(private readonly client: Pick<ClientProxy, 'send'>) {}

  async ask<Request extends z.ZodType, Reply extends z.ZodType>(
    definition: AskDefinition<Request, Reply>,
    request: z.input<Request>,
    options: AskOptions = {},
  ): Promise<z.output<Reply>> {
    const answer = Answer.safeParse(await this.#send(definition, request, options));
    if (!answer.success) throw new AskFailedError(definition.subject, 'the answer is none of ours');
    if (answer.data.kind === 'refused') throw new AskRefusedError(definition.subject, answer.data.refusal);
    if (answer.data.kind === 'failed') {
      if (answer.data.retriable) throw new AskUnavailableError(definition.subject, answer.data.reason);
      throw new AskFailedError(definition.subject, answer.data.reason);
    }
    const reply = definition.reply.safeParse(answer.data.reply);
    if (!reply.success)
      throw new AskFailedError(definition.subject, `the reply is not of the expected shape: ${reply.error.message}`);
    return reply.data;
  }

  async #send(definition: AskDefinition, request: unknown, options: AskOptions): Promise<unknown> {
    const { subject } = definition;
    const timeoutMs = options.timeoutMs ?? definition.timeoutMs;
    const headers = headersOf(options.trace ?? currentTrace());
    const record = new NatsRecordBuilder(request).setHeaders(headers).build();
    try {
      return await firstValueFrom(this.client.send<unknown>(subject, record).pipe(timeout(timeoutMs)));
    } catch (error) {
      if (error instanceof TimeoutError)
        throw new AskUnavailableError(subject, `nothing came within ${timeoutMs} ms`, { cause: error });
      throw new AskUnavailableError(subject, error instanceof Error ? error.message : String(error), { cause: error });
    }
  }
}

export const createAskClient = (link: NatsLink): AskClient => new AskClient(new SharedNatsClient(link));
