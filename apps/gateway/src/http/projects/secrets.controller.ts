import { pipelineAsks, routes, type Routes } from '@cyclone/contracts';
import { Controller, Inject } from '@nestjs/common';
import type { Asks } from '../../asks.js';
import type { Answer, Call } from '../call.js';
import { commandOf } from '../command.js';
import { Handles } from '../handles.js';
import { ASKS } from '../tokens.di.js';

/** Values go in and never out. */
@Controller()
export class SecretsController {
  constructor(@Inject(ASKS) private readonly asks: Asks) {}

  @Handles(routes.listSecrets)
  async list(call: Call<Routes['listSecrets']>): Promise<Answer<Routes['listSecrets']>> {
    return { body: { items: (await this.asks.ask(pipelineAsks.getProject, call.params)).secrets } };
  }

  @Handles(routes.setSecret)
  async set(call: Call<Routes['setSecret']>): Promise<Answer<Routes['setSecret']>> {
    const { version } = await this.asks.ask(pipelineAsks.setSecret, {
      ...commandOf(call),
      ...call.params,
      value: call.body.value,
    });
    return { body: { name: call.params.name, version } };
  }

  @Handles(routes.removeSecret)
  async remove(call: Call<Routes['removeSecret']>): Promise<Answer<Routes['removeSecret']>> {
    await this.asks.ask(pipelineAsks.removeSecret, { ...commandOf(call), ...call.params });
    return {};
  }

  @Handles(routes.listCredentials)
  async credentials(call: Call<Routes['listCredentials']>): Promise<Answer<Routes['listCredentials']>> {
    return { body: { items: (await this.asks.ask(pipelineAsks.getProject, call.params)).credentials } };
  }

  @Handles(routes.setCredential)
  async setCredential(call: Call<Routes['setCredential']>): Promise<Answer<Routes['setCredential']>> {
    const { version } = await this.asks.ask(pipelineAsks.setCredential, {
      ...commandOf(call),
      ...call.params,
      value: call.body.value,
    });
    return { body: { name: call.params.key, version } };
  }
}
