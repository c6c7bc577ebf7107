import { type EventEnvelope, routes, type Routes } from '@cyclone/contracts';
import { Controller, Inject } from '@nestjs/common';
import type { Response } from 'express';
import { Authenticator } from '../../auth/authenticator.js';
import { type FeedFilter, followFeed, readFeedPage } from '../../feed/feed-reader.js';
import { WorldTail } from '../../feed/world-tail.js';
import type { Answer, Call } from '../call.js';
import { Handles } from '../handles.js';
import { ProblemError } from '../problem-error.js';

const aliveEveryMs = 15_000;

@Controller()
export class FeedController {
  constructor(
    @Inject(WorldTail) private readonly tail: WorldTail,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
  ) {}

  @Handles(routes.readFeed)
  async read(call: Call<Routes['readFeed']>): Promise<Answer<Routes['readFeed']>> {
    const filter: FeedFilter = { caller: call.caller, build: call.query.build };
    if (call.request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream')
      return this.follow(call, filter);
    // A page is a question about now, not about what this process has heard of.
    await this.tail.refresh();
    return { body: await readFeedPage(this.tail, filter, call.query.after, call.query.limit) };
  }

  private follow(call: Call<Routes['readFeed']>, filter: FeedFilter): Answer<Routes['readFeed']> {
    const last = call.request.headers['last-event-id'];
    if (last !== undefined && !/^\d{1,15}$/.test(String(last)))
      throw new ProblemError(400, 'bad-input', 'header Last-Event-ID: not a position');
    const after = last === undefined ? call.query.after : Number(last);
    return {
      body: { items: [], position: after },
      headers: {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        'X-Accel-Buffering': 'no',
      },
      write: (response) => this.stream(response, filter, after),
    };
  }

  private async stream(response: Response, filter: FeedFilter, after: number): Promise<void> {
    const ending = new AbortController();
    response.on('close', () => ending.abort());
    const stopWatching = this.authenticator.onEnd(filter.caller.tokenId, () => ending.abort());
    const alive = setInterval(() => {
      response.write(': still here\n\n');
      void this.authenticator.callerNow(filter.caller.tokenId).then(
        (caller) => caller ?? ending.abort(),
        () => undefined,
      );
    }, aliveEveryMs);
    try {
      response.flushHeaders();
      for await (const { items, position } of followFeed(this.tail, filter, after, ending.signal)) {
        if (!response.write(asEvents(items, position))) await drained(response, ending.signal);
      }
    } finally {
      clearInterval(alive);
      stopWatching();
      response.end();
    }
  }
}

/** The id comes with the last event of a commit only: who goes on from it has seen that commit whole. */
const asEvents = (items: readonly EventEnvelope[], position: number): string => {
  const texts = items.map((event, index) => {
    const isWhole = items[index + 1]?.position !== event.position;
    return `${isWhole ? `id: ${event.position}\n` : ''}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  });
  return texts.length > 0 ? texts.join('') : `id: ${position}\nevent: position\ndata: ${position}\n\n`;
};

const drained = (response: Response, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.on('drain', done);
    signal.addEventListener('abort', done);
  });
