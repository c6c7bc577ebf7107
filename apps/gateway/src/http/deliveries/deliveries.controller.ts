import { routes, type Routes } from '@cyclone/contracts';
import type { Logger } from '@cyclone/observability';
import { Controller, Inject } from '@nestjs/common';
import { actorOf } from '../../auth/caller.js';
import { Deliveries } from '../../webhooks/deliveries.js';
import type { DeliveryLedger, RefusedDeliveries } from '../../webhooks/delivery-ledger.js';
import { bodyBytesMax } from '../../webhooks/stored-body.js';
import { addressOf, type Answer, type Call, headersOf } from '../call.js';
import { Handles } from '../handles.js';
import { readBody } from '../read-body.js';
import { DELIVERY_LEDGER, LOGGER, REFUSED_DELIVERIES } from '../tokens.di.js';

const bodyMsMax = 20_000;

@Controller()
export class DeliveriesController {
  constructor(
    @Inject(Deliveries) private readonly deliveries: Deliveries,
    @Inject(DELIVERY_LEDGER) private readonly ledger: DeliveryLedger,
    @Inject(REFUSED_DELIVERIES) private readonly refused: RefusedDeliveries,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Handles(routes.takeDelivery)
  async take(call: Call<Routes['takeDelivery']>): Promise<Answer<Routes['takeDelivery']>> {
    const body = await readBody(call.request, { bytesMax: bodyBytesMax, msMax: bodyMsMax });
    const taken = await this.deliveries.take({
      ...call.params,
      headers: headersOf(call.request),
      body,
      sourceAddress: addressOf(call.request).slice(0, 100),
    });
    // Stored is what was promised; the verdict follows at once, and by the consumer if this process ends here.
    this.deliveries
      .judge(taken.deliveryId)
      .catch((error: unknown) =>
        this.logger.warn('a delivery waits for its verdict', { deliveryId: taken.deliveryId, error }),
      );
    return { body: taken };
  }

  @Handles(routes.listDeliveries)
  async list(call: Call<Routes['listDeliveries']>): Promise<Answer<Routes['listDeliveries']>> {
    return { body: await this.ledger.list(call.params.projectId, call.query) };
  }

  @Handles(routes.getDelivery)
  async get(call: Call<Routes['getDelivery']>): Promise<Answer<Routes['getDelivery']>> {
    return { body: await this.deliveries.get(call.params.projectId, call.params.deliveryId) };
  }

  @Handles(routes.listRefusedDeliveries)
  async listRefused(call: Call<Routes['listRefusedDeliveries']>): Promise<Answer<Routes['listRefusedDeliveries']>> {
    return { body: { items: await this.refused.list(call.params.projectId, call.query.limit) } };
  }

  @Handles(routes.redeliver)
  async redeliver(call: Call<Routes['redeliver']>): Promise<Answer<Routes['redeliver']>> {
    return {
      body: await this.deliveries.redeliver(call.params.projectId, call.params.deliveryId, actorOf(call.caller)),
    };
  }
}
