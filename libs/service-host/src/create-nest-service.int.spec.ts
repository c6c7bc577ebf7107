import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defineAsk } from '@cyclone/contracts';
import { connectNats } from '@cyclone/messaging/jetstream';
import type { NatsLink } from '@cyclone/messaging/jetstream';
import { Answers, createAskClient } from '@cyclone/messaging/nest';
import { silentLogger } from '@cyclone/observability';
import { testNats } from '@cyclone/testing/servers';
import type { TestServer } from '@cyclone/testing/servers';
import { Controller, Inject, Module } from '@nestjs/common';
import { z } from 'zod';
import { createNestService } from './create-nest-service.js';

const whoAreYou = defineAsk('log', 'who-are-you', { request: z.object({}), reply: z.object({ name: z.string() }) });

@Controller()
class NameController {
  constructor(@Inject('NAME') private readonly name: string) {}

  @Answers(whoAreYou)
  whoAreYou() {
    return { name: this.name };
  }
}

@Module({})
class SpecModule {}

describe('a Nest service', () => {
  let nats: TestServer;
  let link: NatsLink;

  beforeAll(async () => {
    nats = await testNats();
    link = await connectNats({ url: nats.url, name: 'spec', logger: silentLogger });
  }, 120_000);
  afterAll(async () => {
    await link.close();
    await nats.dispose();
  });

  it('answers from listen to close, and leaves signals and the link to the host', async () => {
    const listeners = process.listenerCount('SIGTERM');
    const module = {
      module: SpecModule,
      controllers: [NameController],
      providers: [{ provide: 'NAME', useValue: 'spec' }],
    };
    const service = await createNestService({ module, link, logger: silentLogger });
    await service.listen();
    expect(await createAskClient(link).ask(whoAreYou, {})).toEqual({ name: 'spec' });
    expect(process.listenerCount('SIGTERM')).toBe(listeners);
    await service.close();
    await expect(createAskClient(link).ask(whoAreYou, {})).rejects.toMatchObject({ code: 'ask-unavailable' });
    expect(link.isConnected()).toBe(true);
  });

  it('throws when its module cannot be made', async () => {
    const module = { module: SpecModule, controllers: [NameController] };
    await expect(createNestService({ module, link, logger: silentLogger })).rejects.toThrow(/NAME/);
  });
});
