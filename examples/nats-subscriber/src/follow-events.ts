import { setTimeout as wait } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import type { Consumer } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { Config } from './config.js';
import { parseEvent } from './event.js';
import type { CycloneEvent } from './event.js';
import { isAfter, loadPosition, savePosition } from './position.js';

const stream = 'CYCLONE_EVENTS';
/** An event comes at once; without one the server is asked again so often, and a stop is noticed. */
const pullMs = 1_000;
const nanosPerMs = 1_000_000;

/**
 * Calls `handle` for every event in order, until the signal aborts. Each is remembered before it is acknowledged, so that
 * after a restart it goes on behind the last one; only an event whose handling was cut off comes again.
 */
export async function followEvents(
  config: Config,
  handle: (event: CycloneEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const connection = await connect({
    servers: config.servers,
    user: config.user,
    pass: config.password,
    name: `example: ${config.integration}`,
    // The one place where this account may hear replies.
    inboxPrefix: `_INBOX.${config.user}`,
    maxReconnectAttempts: -1,
  });
  try {
    // Made by the platform; this account may take from it, and not make another.
    const consumer = await jetstream(connection).consumers.get(stream, `integration-${config.integration}`);
    await waitForCutOff(consumer, signal);
    let last = await loadPosition(config.positionFile);
    while (!signal.aborted) {
      const message = await consumer.next({ expires: pullMs });
      if (message === null) continue;
      const event = parseEvent(message.data);
      // Everything may be delivered twice, and is published again after the broker has lost data.
      if (isAfter(event, last)) {
        await handle(event);
        await savePosition(config.positionFile, event);
        last = event;
      }
      await message.ackAck();
    }
  } finally {
    await connection.drain();
  }
}

/**
 * What an earlier process took and did not acknowledge is handed out again only after a while, and newer events would
 * come before it: they wait for it.
 */
async function waitForCutOff(consumer: Consumer, signal: AbortSignal): Promise<void> {
  const { config, num_ack_pending: pending } = await consumer.info();
  if (pending === 0) return;
  const waitMs = Math.ceil((config.ack_wait ?? 0) / nanosPerMs);
  process.stderr.write(`${pending} event(s) were cut off: they come again in at most ${waitMs / 1000} s\n`);
  await wait(waitMs, undefined, { signal }).catch(() => undefined);
}
