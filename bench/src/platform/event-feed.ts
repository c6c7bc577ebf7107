import { once } from 'node:events';
import { BuildRequested, FeedFrame, type BuildId, type DeliveryId, type EventEnvelope } from '@cyclone/contracts';
import { WebSocket } from 'ws';
import { BuildId as BuildIdSchema } from '@cyclone/contracts';
import type { Platform } from './platform.js';

/** An event, and when this client had it. */
export interface SeenEvent {
  readonly event: EventEnvelope;
  readonly seenAt: number;
}

/** The public feed of events, followed over its socket: how a client learns which build its push became. */
export class EventFeed implements AsyncDisposable {
  private readonly builds = new Map<DeliveryId, Slot<BuildId>>();
  private readonly finished = new Map<BuildId, Slot<void>>();
  private readonly events = new Map<BuildId, SeenEvent[]>();

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.take(FeedFrame.parse(JSON.parse(data.toString('utf8')))));
  }

  static async open({ url, token }: Pick<Platform, 'url' | 'token'>): Promise<EventFeed> {
    const address = new URL('/api/v1/events', url.replace(/^http/, 'ws'));
    const socket = new WebSocket(address, { headers: { authorization: `Bearer ${token}` } });
    const feed = new EventFeed(socket);
    await once(socket, 'open');
    return feed;
  }

  /** Resolves as soon as the delivery has become a build. */
  buildOf(deliveryId: DeliveryId): Promise<BuildId> {
    return slotOf(this.builds, deliveryId).promise;
  }

  /** Everything of a build, once its end was seen. */
  async untilFinished(buildId: BuildId): Promise<readonly SeenEvent[]> {
    await slotOf(this.finished, buildId).promise;
    return this.events.get(buildId) ?? [];
  }

  forget(buildId: BuildId): void {
    this.events.delete(buildId);
    this.finished.delete(buildId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }

  private take(frame: FeedFrame): void {
    const seenAt = Date.now();
    for (const event of frame.items) {
      if (event.stream.kind !== 'build') continue;
      const buildId = BuildIdSchema.parse(event.stream.id);
      const known = this.events.get(buildId) ?? [];
      known.push({ event, seenAt });
      this.events.set(buildId, known);
      if (event.type === 'BuildRequested') this.onRequested(buildId, event);
      if (event.type === 'BuildFinished') slotOf(this.finished, buildId).resolve();
    }
  }

  private onRequested(buildId: BuildId, event: EventEnvelope): void {
    const { trigger } = BuildRequested.schema.parse(event.data);
    if (trigger.kind === 'change') slotOf(this.builds, trigger.deliveryId).resolve(buildId);
  }
}

type Slot<Value> = PromiseWithResolvers<Value>;

function slotOf<Key, Value>(slots: Map<Key, Slot<Value>>, key: Key): Slot<Value> {
  const known = slots.get(key) ?? Promise.withResolvers<Value>();
  slots.set(key, known);
  return known;
}
