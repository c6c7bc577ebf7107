import { UseInterceptors } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { AskDefinition } from '@cyclone/contracts';
import type { z } from 'zod';
import { AnswerInterceptor } from './answer.interceptor.js';
import type { AskContext } from './answer.interceptor.js';

type AnsweringMethod<Request extends z.ZodType, Reply extends z.ZodType> = (
  request: z.output<Request>,
  context: AskContext,
) => Promise<z.input<Reply>> | z.input<Reply>;

/**
 * The method answers this question: it gets the parsed request (and, if it wants, the context) and returns the reply.
 * It refuses by throwing RefusalError. It may be asked the same thing twice and must then answer the same.
 */
export const Answers =
  <Request extends z.ZodType, Reply extends z.ZodType>(definition: AskDefinition<Request, Reply>) =>
  <Method extends AnsweringMethod<Request, Reply>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    UseInterceptors(new AnswerInterceptor(definition))(target, key, descriptor);
    MessagePattern<string>(definition.subject)(target, key, descriptor);
  };
