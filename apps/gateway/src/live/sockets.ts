import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { BuildId, closeCodes, type FeedFrame, type Problem, routes, StepId } from '@cyclone/contracts';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Caller } from '../auth/caller.js';
import { followFeed } from '../feed/feed-reader.js';
import { authorize } from '../http/access.guard.js';
import { asProblem } from '../http/problem.filter.js';
import { notFound, ProblemError } from '../http/problem-error.js';
import type { GatewayParts } from '../parts.js';
import { readLogCursor } from './log-cursor.js';
import { LogStream } from './log-stream.js';
import { isOriginAllowed } from './origin.js';
import { type Outlet, outletOf, SocketClosedError } from './socket.js';

export type SocketParts = Pick<
  GatewayParts,
  | 'asks'
  | 'clientAddress'
  | 'authenticator'
  | 'ownerOf'
  | 'tail'
  | 'signals'
  | 'logger'
  | 'metrics'
  | 'now'
  | 'allowedOrigins'
> & {
  readonly recheckMs?: number;
  readonly socketsMax?: number;
};

const payloadBytesMax = 64 * 1024;
const pingEveryMs = 20_000;
const recheckMsDefault = 60_000;
const socketsMaxDefault = 5_000;
const socketsPerTokenMax = 100;
/** Clients have nothing to say here; a few messages are forgiven. */
const messagesMax = 20;

const Position = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const LogQuery = z.strictObject({
  step: StepId.optional(),
  after: z.string().max(20_000).optional(),
  offset: Position.optional(),
  fence: Position.optional(),
  ticket: z.string().max(100).optional(),
});
const FeedQuery = z.strictObject({
  after: Position.default(0),
  build: BuildId.optional(),
  ticket: z.string().max(100).optional(),
});

type Run = (outlet: Outlet, caller: Caller) => Promise<void>;
interface Target {
  readonly route: (typeof routes)['readBuildLog'] | (typeof routes)['readFeed'];
  readonly params: Readonly<Record<string, string>>;
  readonly ticket: string | undefined;
  readonly run: Run;
}

/** The WebSocket side of the API, on the same server as REST and behind the same rule of who gets through. */
export class Sockets {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: payloadBytesMax,
    perMessageDeflate: false,
    clientTracking: true,
  });
  private readonly perToken = new Map<string, number>();
  private isClosing = false;

  constructor(private readonly parts: SocketParts) {
    const gauge = parts.metrics.gauge({ name: 'cyclone_gateway_sockets', help: 'Open WebSockets.' });
    parts.metrics.onCollect(() => gauge.set(this.server.clients.size));
  }

  attach(http: Server): void {
    http.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      this.upgrade(request, socket, head).catch((error: unknown) => this.refuse(socket, error));
    });
  }

  async close(): Promise<void> {
    this.isClosing = true;
    for (const socket of this.server.clients) socket.close(closeCodes.goingAway, 'the server goes away');
    const patience = setTimeout(() => {
      for (const socket of this.server.clients) socket.terminate();
    }, 1_000);
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    clearTimeout(patience);
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.isClosing) throw new ProblemError(503, 'unavailable', 'the server goes away');
    if (!isOriginAllowed(request.headers.origin, request.headers.host, this.parts.allowedOrigins)) {
      throw new ProblemError(403, 'foreign-origin', 'pages of this origin may not open sockets here');
    }
    const target = this.targetOf(request.url ?? '/');
    const address = this.parts.clientAddress(request);
    const { authenticator, ownerOf } = this.parts;
    const caller =
      target.ticket === undefined
        ? await authenticator.fromHeader(request.headers.authorization, address)
        : await authenticator.fromTicket(target.ticket, address);
    await authorize(caller, target.route, target.params, ownerOf);
    this.claimPlace(caller);
    if (socket.destroyed) return this.freePlace(caller);
    this.server.handleUpgrade(request, socket, head, (opened) => this.serve(opened, target, caller));
  }

  private targetOf(url: string): Target {
    const parsed = URL.parse(url, 'http://gateway');
    if (parsed === null) throw notFound('socket');
    if (parsed.pathname === '/api/v1/events') return this.feedTarget(parsed.searchParams);
    const build = /^\/api\/v1\/builds\/([^/]+)\/log$/.exec(parsed.pathname)?.[1];
    if (build === undefined) throw notFound('socket');
    return this.logTarget(build, parsed.searchParams);
  }

  private feedTarget(search: URLSearchParams): Target {
    const query = parseQuery(FeedQuery, search);
    const run: Run = async (outlet, caller) => {
      const filter = { caller, build: query.build };
      for await (const page of followFeed(this.parts.tail, filter, query.after, outlet.closed)) {
        await outlet.send({ kind: 'events', ...page } satisfies FeedFrame);
      }
    };
    return { route: routes.readFeed, params: {}, ticket: query.ticket, run };
  }

  private logTarget(id: string, search: URLSearchParams): Target {
    const buildId = BuildId.safeParse(id);
    if (!buildId.success) throw notFound('build');
    const { step, after, offset, fence, ticket } = parseQuery(LogQuery, search);
    if (offset !== undefined && step === undefined)
      throw new ProblemError(400, 'bad-input', 'query.offset: belongs to one step; name it with step');
    const run: Run = (outlet) => {
      const stream = new LogStream(
        this.parts,
        {
          buildId: buildId.data,
          stepId: step,
          from: (order) => {
            if (after !== undefined) return readLogCursor(order, after);
            return step === undefined || offset === undefined
              ? undefined
              : { ended: new Set(), open: new Map([[step, { fence: fence ?? 0, offset }]]) };
          },
        },
        outlet,
      );
      return stream.run();
    };
    return { route: routes.readBuildLog, params: { buildId: buildId.data }, ticket, run };
  }

  private serve(socket: WebSocket, target: Target, caller: Caller): void {
    const outlet = outletOf(socket);
    const end = (): void => outlet.close(closeCodes.tokenEnded, 'the token has ended');
    const stopWatching = this.parts.authenticator.onEnd(caller.tokenId, end);
    const recheck = setInterval(() => void this.recheck(caller, target, end), this.parts.recheckMs ?? recheckMsDefault);
    const stopPinging = keepAlive(socket);
    let messages = 0;
    socket.on('message', () => {
      messages += 1;
      if (messages > messagesMax) outlet.close(closeCodes.tooMany, 'there is nothing to say here');
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearInterval(recheck);
      stopPinging();
      stopWatching();
      this.freePlace(caller);
    });
    target.run(outlet, caller).catch((error: unknown) => {
      if (error instanceof SocketClosedError) return;
      this.parts.logger.warn('a socket was cut off', { error });
      outlet.close(closeCodes.unavailable, 'a part that this needs does not answer; connect again with the cursor');
    });
  }

  private async recheck(caller: Caller, target: Target, end: () => void): Promise<void> {
    try {
      const now = await this.parts.authenticator.callerNow(caller.tokenId);
      if (now === undefined) return end();
      await authorize(now, target.route, target.params, this.parts.ownerOf);
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status < 500) end();
    }
  }

  private claimPlace(caller: Caller): void {
    const held = this.perToken.get(caller.tokenId) ?? 0;
    if (held >= socketsPerTokenMax || this.server.clients.size >= (this.parts.socketsMax ?? socketsMaxDefault)) {
      throw new ProblemError(429, 'too-many-sockets', 'too many sockets are open', { headers: { 'Retry-After': '5' } });
    }
    this.perToken.set(caller.tokenId, held + 1);
  }

  private freePlace(caller: Caller): void {
    const held = (this.perToken.get(caller.tokenId) ?? 1) - 1;
    if (held > 0) this.perToken.set(caller.tokenId, held);
    else this.perToken.delete(caller.tokenId);
  }

  private refuse(socket: Duplex, error: unknown): void {
    const known = asProblem(error);
    if (known === undefined) this.parts.logger.error('a socket could not be opened', { error });
    const { problem, extra } = known ?? new ProblemError(500, 'internal', 'something went wrong on our side');
    const body = JSON.stringify({ ...problem, instance: randomUUID() } satisfies Problem);
    const headers = {
      ...extra.headers,
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n${body}`);
  }
}

const parseQuery = <Schema extends z.ZodType>(schema: Schema, search: URLSearchParams): z.output<Schema> => {
  const given = Object.create(null) as Record<string, unknown>;
  for (const key of new Set(search.keys())) {
    const values = search.getAll(key);
    given[key] = values.length === 1 ? values[0] : values;
  }
  const parsed = schema.safeParse({ ...given });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProblemError(400, 'bad-input', `query.${issue?.path.join('.')}: ${issue?.message}`);
};

/** A reader is alive while it answers pings or takes bytes: a slow one is not a dead one. */
const keepAlive = (socket: WebSocket): (() => void) => {
  let isAlive = true;
  let unsent = 0;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    const takesBytes = socket.bufferedAmount < unsent;
    if (!isAlive && !takesBytes) return socket.terminate();
    isAlive = false;
    unsent = socket.bufferedAmount;
    socket.ping();
  }, pingEveryMs);
  return () => clearInterval(timer);
};
