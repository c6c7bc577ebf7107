import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defineAsk } from '@cyclone/contracts';
import { silentLogger } from '@cyclone/observability';
import { nestLogger } from '@cyclone/observability/nest';
import { testNats } from '@cyclone/testing/servers';
import type { TestServer } from '@cyclone/testing/servers';
import { z } from 'zod';
import { connectNats } from '../jetstream/connect-nats.js';
import type { NatsLink } from '../jetstream/nats-link.js';
import type { AskContext } from './answer.interceptor.js';
import { Answers } from './answers.decorator.js';
import { createAskClient } from './ask-client.js';
import type { AskClient } from './ask-client.js';
import { AskFailedError, AskRefusedError, AskUnavailableError, RefusalError } from './ask-errors.js';
import { AskServer } from './ask-server.js';

const double = defineAsk('pipeline', 'double', {
  request: z.object({ value: z.number() }),
  reply: z.object({ value: z.number(), by: z.string() }),
});
const slow = defineAsk('pipeline', 'slow', { request: z.object({}), reply: z.object({}), timeoutMs: 5_000 });
const never = defineAsk('pipeline', 'never', { request: z.object({}), reply: z.object({}), timeoutMs: 100 });
const nobody = defineAsk('pipeline', 'nobody', { request: z.object({}), reply: z.object({}) });
const refuse = defineAsk('pipeline', 'refuse', { request: z.object({}), reply: z.object({}) });
const broken = defineAsk('pipeline', 'broken', {
  request: z.object({ how: z.enum(['defect', 'outside', 'reply']) }),
  reply: z.object({ value: z.number() }),
});
const traced = defineAsk('pipeline', 'traced', {
  request: z.object({}),
  reply: z.object({ correlationId: z.string().optional() }),
});

let releaseSlow: () => void = () => undefined;
const slowIsReleased = new Promise<void>((resolve) => {
  releaseSlow = resolve;
});
let slowHasBegun: () => void = () => undefined;
const slowBegan = new Promise<void>((resolve) => {
  slowHasBegun = resolve;
});

class OutsideError extends Error {
  readonly retriable = true;
}

@Controller()
class SpecController {
  readonly name = 'spec';

  @Answers(double)
  double(request: z.output<typeof double.request>) {
    return { value: request.value * 2, by: this.name, secret: 'not in the definition' };
  }

  @Answers(slow)
  async slow() {
    slowHasBegun();
    await slowIsReleased;
    return {};
  }

  @Answers(never)
  async never() {
    await slowIsReleased;
    return {};
  }

  @Answers(refuse)
  refuse(): Promise<Record<string, never>> {
    throw new RefusalError({
      kind: 'conflict',
      code: 'too-late',
      message: 'the build is over',
      details: { status: 'failed' },
    });
  }

  @Answers(broken)
  async broken(request: z.output<typeof broken.request>) {
    if (request.how === 'defect') throw new TypeError('the secret inside');
    if (request.how === 'outside') throw new OutsideError('the database is away');
    return { value: NaN };
  }

  @Answers(traced)
  traced(_request: unknown, context: AskContext) {
    return { correlationId: context.trace?.correlationId };
  }
}

@Module({ controllers: [SpecController] })
class SpecModule {}

const serve = async (link: NatsLink): Promise<INestMicroservice> => {
  const service = await NestFactory.createMicroservice(SpecModule, {
    strategy: new AskServer(link),
    logger: nestLogger(silentLogger),
    abortOnError: false,
  });
  await service.listen();
  return service;
};

describe('asks over NATS', () => {
  let nats: TestServer;
  let asker: NatsLink;
  let answerer: NatsLink;
  let service: INestMicroservice;
  let client: AskClient;

  beforeAll(async () => {
    nats = await testNats();
    asker = await connectNats({ url: nats.url, name: 'asker', logger: silentLogger });
    answerer = await connectNats({ url: nats.url, name: 'answerer', logger: silentLogger });
    service = await serve(answerer);
    client = createAskClient(asker);
  }, 120_000);

  afterAll(async () => {
    await service.close();
    await asker.close();
    await answerer.close();
    await nats.dispose();
  });

  it('gives the parsed reply, and nothing beside it', async () => {
    expect(await client.ask(double, { value: 21 })).toEqual({ value: 42, by: 'spec' });
  });

  it('refuses a request of another shape, naming the field', async () => {
    const request: unknown = { value: 'many' };
    const asked = client.ask({ ...double, request: z.any() }, request);
    await expect(asked).rejects.toMatchObject({
      code: 'ask-refused',
      refusal: { kind: 'invalid', code: 'invalid-request', details: [{ path: ['value'] }] },
    });
  });

  it('carries a refusal as it is', async () => {
    const asked = client.ask(refuse, {});
    await expect(asked).rejects.toBeInstanceOf(AskRefusedError);
    await expect(asked).rejects.toMatchObject({
      refusal: { kind: 'conflict', code: 'too-late', message: 'the build is over', details: { status: 'failed' } },
    });
  });

  it('tells a defect from a failure of the outside, and keeps its details at home', async () => {
    const defect = client.ask(broken, { how: 'defect' });
    await expect(defect).rejects.toBeInstanceOf(AskFailedError);
    await expect(defect).rejects.not.toThrow(/secret/);
    await expect(client.ask(broken, { how: 'reply' })).rejects.toBeInstanceOf(AskFailedError);
    await expect(client.ask(broken, { how: 'outside' })).rejects.toMatchObject({
      code: 'ask-unavailable',
      retriable: true,
    });
  });

  it("is unavailable at once when nobody is there, and after the definition's time when nobody answers", async () => {
    const startedAt = performance.now();
    await expect(client.ask(nobody, {})).rejects.toBeInstanceOf(AskUnavailableError);
    expect(performance.now() - startedAt).toBeLessThan(nobody.timeoutMs / 2);
    await expect(client.ask(never, {})).rejects.toThrow(/within 100 ms/);
  });

  it('passes the trace on', async () => {
    expect(await client.ask(traced, {}, { trace: { correlationId: 'delivery-1' } })).toEqual({
      correlationId: 'delivery-1',
    });
    expect(await client.ask(traced, {})).toEqual({});
  });

  it('shares the questions among instances, and a closing one still answers what it took', async () => {
    const second = await serve(answerer);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, value) => client.ask(double, { value })));
    expect(answers.map((answer) => answer.value)).toEqual(Array.from({ length: 20 }, (_, value) => value * 2));
    const asked = client.ask(slow, {});
    await slowBegan;
    const closed = Promise.all([service.close(), second.close()]);
    releaseSlow();
    expect(await asked).toEqual({});
    await closed;
    await expect(client.ask(double, { value: 1 })).rejects.toBeInstanceOf(AskUnavailableError);
    service = await serve(answerer);
  });
});
