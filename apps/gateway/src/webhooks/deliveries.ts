import { createHash, randomUUID } from 'node:crypto';
import {
  type Actor,
  CommandId,
  DeliveryId,
  type DeliveryVerdict,
  type DeliveryView,
  type EpochMs,
  type ForgeKind,
  pipelineAsks,
  type ProjectId,
  type Trace,
} from '@cyclone/contracts';
import { type CommandHandler, type ContentStore, createCommandHandler, type EventStore } from '@cyclone/event-store';
import type { Logger } from '@cyclone/observability';
import type { Failpoint } from '@cyclone/service-host';
import { type Asks, refusalOf } from '../asks.js';
import type { Headers, Reading } from '../forges/forge.js';
import { forgeNamed } from '../forges/forges.js';
import { notFound, ProblemError } from '../http/problem-error.js';
import type { DeliveryLedger, RefusedDeliveries } from './delivery-ledger.js';
import {
  type DeliveryCommand,
  deliveryDecider,
  type DeliveryRejection,
  type DeliveryState,
} from './domain/delivery.js';
import { deliveryViewOf } from './domain/delivery-view.js';
import { readStoredBody, storeBody } from './stored-body.js';
import type { WebhookSecrets } from './webhook-secrets.js';

export interface IncomingDelivery {
  readonly projectId: ProjectId;
  readonly forge: ForgeKind | 'forgejo';
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly sourceAddress?: string;
}

export interface DeliveriesParts {
  readonly store: EventStore;
  readonly contents: ContentStore;
  readonly asks: Asks;
  readonly secrets: WebhookSecrets;
  readonly ledger: DeliveryLedger;
  readonly refused: RefusedDeliveries;
  readonly logger: Logger;
  readonly now: () => EpochMs;
  readonly failpoint: Failpoint;
}

const gatewayActor: Actor = { kind: 'system', id: 'gateway' };

/** The same project and forge id are the same stream, so a repetition cannot become a second delivery. */
export const deliveryIdOf = (projectId: ProjectId, forge: string, forgeDeliveryId: string): DeliveryId =>
  DeliveryId.parse(
    createHash('sha256')
      .update(JSON.stringify([projectId, forge, forgeDeliveryId]))
      .digest('hex')
      .slice(0, 40),
  );

/** Takes deliveries in, and gives each its one verdict. */
export class Deliveries {
  private readonly handler: CommandHandler<DeliveryState, DeliveryCommand, DeliveryRejection>;
  private readonly underWay = new Map<DeliveryId, Promise<void>>();

  constructor(private readonly parts: DeliveriesParts) {
    this.handler = createCommandHandler({ store: parts.store, kind: 'delivery', decider: deliveryDecider });
  }

  /** Verified and stored when this resolves. An unknown project answers as a wrong signature does. */
  async take(incoming: IncomingDelivery): Promise<{ deliveryId: DeliveryId; repeated: boolean }> {
    const forge = forgeNamed(incoming.forge);
    await this.verify(incoming);
    const named = forge.identify(incoming);
    const deliveryId = deliveryIdOf(incoming.projectId, forge.kind, named.deliveryId);
    const bodyDigest = await storeBody(
      this.parts.contents,
      incoming.body,
      incoming.headers['content-type']?.slice(0, 100) ?? 'application/octet-stream',
    );
    const handled = await this.handle(deliveryId, incoming.projectId, gatewayActor, {
      type: 'TakeDelivery',
      received: {
        projectId: incoming.projectId,
        forge: forge.kind,
        forgeDeliveryId: named.deliveryId,
        kind: named.kind,
        headers: keptHeaders(incoming.headers, forge.keptHeaders),
        bodyDigest,
        bodyBytes: incoming.body.length,
        sourceAddress: incoming.sourceAddress,
      },
    });
    this.parts.failpoint('after-delivery-stored');
    return { deliveryId, repeated: handled.events.length === 0 };
  }

  /**
   * The reaction to a delivery that waits. Any number of processes may do it, any number of times; who asks while this
   * process is at it already waits for that.
   */
  judge(deliveryId: DeliveryId): Promise<void> {
    const underWay = this.underWay.get(deliveryId);
    if (underWay !== undefined) return underWay;
    const judging = this.judgeNow(deliveryId).finally(() => this.underWay.delete(deliveryId));
    this.underWay.set(deliveryId, judging);
    return judging;
  }

  private async judgeNow(deliveryId: DeliveryId): Promise<void> {
    // Listed also while it waits: a verdict that does not come must be seen not to come.
    const listed = this.project(deliveryId);
    try {
      const { state } = await this.handler.load(deliveryId);
      if (state.status === 'waiting') await this.judgeWaiting(deliveryId, state);
    } finally {
      await Promise.allSettled([listed]);
      await this.project(deliveryId);
    }
  }

  private async judgeWaiting(deliveryId: DeliveryId, state: Exclude<DeliveryState, { status: 'none' }>): Promise<void> {
    const { received } = state;
    const body = await readStoredBody(this.parts.contents, received.bodyDigest);
    const reading = forgeNamed(received.forge).read({ body, headers: received.headers });
    const verdict = await this.verdictOn(deliveryId, received.projectId, reading);
    const change = reading.kind === 'change' ? reading.change : undefined;
    this.parts.failpoint('before-verdict');
    await this.handle(deliveryId, received.projectId, gatewayActor, {
      type: 'JudgeDelivery',
      round: state.redeliveries,
      verdict,
      change,
    });
  }

  async redeliver(projectId: ProjectId, deliveryId: DeliveryId, actor: Actor): Promise<DeliveryView> {
    await this.handle(deliveryId, projectId, actor, { type: 'RedeliverDelivery', projectId });
    // Not the judgement that may be under way: that one is of the round before.
    await this.judgeNow(deliveryId);
    return this.get(projectId, deliveryId);
  }

  async get(projectId: ProjectId, deliveryId: DeliveryId): Promise<DeliveryView> {
    const view = deliveryViewOf(deliveryId, (await this.handler.load(deliveryId)).state);
    if (view?.projectId !== projectId) throw notFound('delivery');
    return view;
  }

  async project(deliveryId: DeliveryId): Promise<void> {
    const view = deliveryViewOf(deliveryId, (await this.handler.load(deliveryId)).state);
    if (view !== undefined) await this.parts.ledger.save(view);
  }

  private async verify(incoming: IncomingDelivery): Promise<void> {
    const { secrets, refused, now, logger } = this.parts;
    const secret = await secrets.of(incoming.projectId);
    const forge = forgeNamed(incoming.forge);
    // The same work for a project that is not there, so that time does not tell.
    const signature = forge.verify({ ...incoming, secret: secret ?? randomUUID(), nowMs: now() });
    if (secret !== undefined && signature.kind === 'good') return;
    const reason = signature.kind === 'refused' ? signature.reason : 'there is no such project';
    logger.info('refused a webhook', { projectId: incoming.projectId, forge: incoming.forge, reason });
    if (secret !== undefined) {
      const entry = {
        at: now(),
        forge: incoming.forge,
        reason,
        bodyBytes: incoming.body.length,
        sourceAddress: incoming.sourceAddress,
      };
      await refused
        .record(incoming.projectId, entry)
        .catch((error: unknown) => logger.warn('a refused webhook was not recorded', { error }));
    }
    throw new ProblemError(401, 'signature-refused', 'the signature is not that of this project');
  }

  private async verdictOn(deliveryId: DeliveryId, projectId: ProjectId, reading: Reading): Promise<DeliveryVerdict> {
    if (reading.kind === 'ping') return { kind: 'filtered', reason: 'a ping: the webhook works' };
    if (reading.kind !== 'change') return reading;
    try {
      const { buildId, causedBy } = await this.parts.asks.ask(pipelineAsks.requestBuildForChange, {
        commandId: `delivery:${deliveryId}`,
        actor: { kind: 'delivery', id: deliveryId, name: reading.change.sender ?? reading.change.author.name },
        trace: traceOf(deliveryId),
        projectId,
        deliveryId,
        change: reading.change,
      });
      return causedBy === deliveryId ? { kind: 'built', buildId } : { kind: 'duplicate', buildId };
    } catch (error) {
      const refusal = refusalOf(error);
      // Unavailable is for later; any other refusal would be the same next time.
      if (refusal === undefined || refusal.kind === 'unavailable') throw error;
      return { kind: 'unusable', reason: `${refusal.code}: ${refusal.message}`.slice(0, 1000) };
    }
  }

  private async handle(deliveryId: DeliveryId, projectId: ProjectId, actor: Actor, command: DeliveryCommand) {
    const handled = await this.handler.handle({
      id: deliveryId,
      tenant: projectId,
      actor,
      trace: traceOf(deliveryId),
      occurredAt: this.parts.now(),
      command,
      // The decider itself makes each of these happen once a round; an id of its own keeps rounds apart.
      commandId: CommandId.parse(`${command.type}:${randomUUID()}`),
    });
    if (handled.kind === 'rejected') throw notFound('delivery');
    return handled;
  }
}

const traceOf = (deliveryId: DeliveryId): Trace => ({ correlationId: deliveryId });

const keptHeaders = (headers: Headers, kept: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    kept.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name].slice(0, 500)]])),
  );
