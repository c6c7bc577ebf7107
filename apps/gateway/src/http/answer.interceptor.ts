import type { RouteDefinition } from '@cyclone/contracts';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { type Answer, type Call, stateOf } from './call.js';
import { routeKey } from './handles.js';
import { type IdempotencyKeys, onceByKey } from './idempotency.js';
import { readCall } from './read-call.js';

type AnyAnswer = Omit<Answer, 'body'> & { readonly body?: unknown };

/** Between the guard and the handler: reads the call, answers a repeated one, and writes what the handler gives. */
export class AnswerInterceptor implements NestInterceptor {
  constructor(private readonly keys: IdempotencyKeys) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<void> {
    return from(this.answer(context, next));
  }

  private async answer(context: ExecutionContext, next: CallHandler): Promise<void> {
    const route: RouteDefinition = Reflect.getMetadata(routeKey, context.getHandler());
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const state = stateOf(request);
    const call = await readCall(request, route, state);
    state.call = call;
    const handle = async (): Promise<AnyAnswer> => this.shaped(route, await lastValueFrom<AnyAnswer>(next.handle()));
    await write(
      request,
      response,
      route,
      route.idempotencyKey === true ? await this.once(call, handle) : await handle(),
    );
  }

  private once(call: Call, handle: () => Promise<AnyAnswer>): Promise<AnyAnswer> {
    return onceByKey(this.keys, call, async () => {
      const { status, body, headers, etag } = await handle();
      return { status: status ?? 0, body, headers: { ...headers }, etag };
    });
  }

  /** Through the schema, so that nothing leaves which the document does not name. */
  private shaped(route: RouteDefinition, answer: AnyAnswer): AnyAnswer {
    const status = answer.status ?? route.reply.status;
    return route.reply.schema === undefined || answer.write !== undefined
      ? { ...answer, status }
      : { ...answer, status, body: route.reply.schema.parse(answer.body) };
  }
}

const write = async (
  request: Request,
  response: Response,
  route: RouteDefinition,
  answer: AnyAnswer,
): Promise<void> => {
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (answer.etag !== undefined) {
    response.setHeader('ETag', answer.etag);
    response.setHeader('Cache-Control', 'private, no-cache');
    if (request.method === 'GET' && namesTag(request.headers['if-none-match'], answer.etag)) {
      response.status(304).end();
      return;
    }
  }
  response.status(answer.status ?? route.reply.status);
  if (answer.write !== undefined) {
    await answer.write(response);
    return;
  }
  if (answer.body === undefined || answer.body === null) {
    response.end();
    return;
  }
  const isJson = route.reply.schema !== undefined;
  if (isJson) response.setHeader('Content-Type', 'application/json; charset=utf-8');
  else if (!response.hasHeader('Content-Type'))
    response.setHeader('Content-Type', `${route.reply.mediaType ?? 'text/plain'}; charset=utf-8`);
  const bytes = isJson ? Buffer.from(JSON.stringify(answer.body)) : Buffer.from(answer.body as string | Uint8Array);
  response.setHeader('Content-Length', bytes.length);
  response.end(request.method === 'HEAD' ? undefined : bytes);
};

const namesTag = (header: string | undefined, etag: string): boolean =>
  header !== undefined &&
  (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag));
