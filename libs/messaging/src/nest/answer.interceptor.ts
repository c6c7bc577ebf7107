import { Logger } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { AskDefinition, Trace } from '@cyclone/contracts';
import { withTrace } from '@cyclone/observability';
import { from, lastValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import { z } from 'zod';
import type { Answer } from './answer.js';
import { RefusalError } from './ask-errors.js';
import { traceOfContext } from './trace-of-context.js';

/** What an answering method gets beside the request. */
export interface AskContext {
  readonly subject: string;
  /** What the asker was doing; undefined when it did not say. */
  readonly trace: Trace | undefined;
}

const issuesMax = 20;
const messageLengthMax = 2_000;

const invalidRequest = (error: z.ZodError): Answer => ({
  kind: 'refused',
  refusal: {
    kind: 'invalid',
    code: 'invalid-request',
    message: `the request is not of the expected shape: ${z.prettifyError(error)}`.slice(0, messageLengthMax),
    details: error.issues
      .slice(0, issuesMax)
      .map((issue) => ({ path: issue.path.map(String), message: issue.message })),
  },
});

/** Parses what came, runs the method within the asker's trace, and turns whatever comes of it into an answer. */
export class AnswerInterceptor implements NestInterceptor {
  readonly #logger = new Logger('Answers');

  constructor(private readonly definition: AskDefinition) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<Answer> {
    const args = execution.getArgs<unknown[]>();
    const trace = traceOfContext(args[1]);
    const context: AskContext = { subject: this.definition.subject, trace };
    const run = (): Promise<Answer> => this.#answer(args, context, next);
    return from(trace === undefined ? run() : withTrace(trace, run));
  }

  async #answer(args: unknown[], context: AskContext, next: CallHandler): Promise<Answer> {
    const request = this.definition.request.safeParse(args[0]);
    if (!request.success) return invalidRequest(request.error);
    // Nest reads the method's parameters from this array.
    args.splice(0, 2, request.data, context);
    try {
      // Parsing the reply also takes away whatever does not belong to it.
      return { kind: 'reply', reply: this.definition.reply.parse(await lastValueFrom(next.handle())) };
    } catch (error) {
      return error instanceof RefusalError ? { kind: 'refused', refusal: error.refusal } : this.#failed(error);
    }
  }

  /** Failures of the outside say so themselves (`retriable`); all else is a defect, whose details stay here. */
  #failed(error: unknown): Answer {
    const isRetriable = error instanceof Error && 'retriable' in error && error.retriable === true;
    if (isRetriable) this.#logger.warn(`could not answer ${this.definition.subject}`, error);
    else this.#logger.error(`the answer to ${this.definition.subject} broke`, error);
    const reason = isRetriable ? error.message : 'the answering service had an internal error';
    return { kind: 'failed', reason, retriable: isRetriable };
  }
}
