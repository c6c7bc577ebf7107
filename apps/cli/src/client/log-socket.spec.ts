import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BuildId, closeCodes, StepId, type LogFrame } from '@cyclone/contracts';
import { WebSocketServer, type WebSocket } from 'ws';
import { fakeServer, type FakeServer } from '../testing/fake-server.js';
import { followLog, type FollowOptions } from './log-socket.js';

const buildId = BuildId.parse('b1');
const retry = { pauseMs: 1, failuresMax: 3 };

const log = (number: number): object => ({
  kind: 'log',
  jobId: 'main',
  stepId: 'test',
  fence: 3,
  offset: number,
  bytes: 1,
  text: String(number),
  cursor: `c${number}`,
});
const end = { kind: 'end', outcome: 'succeeded', logs: 'complete' };

const describeFrame = (frame: LogFrame): string => (frame.kind === 'log' ? (frame.text ?? '') : frame.kind);

/** What the server does with each connection, the last of them with all further ones. */
type Act = (socket: WebSocket) => void;
const sends =
  (frames: readonly object[], then: Act = () => undefined): Act =>
  (socket) => {
    for (const frame of frames) socket.send(JSON.stringify(frame));
    then(socket);
  };

describe('following a log', () => {
  let server: FakeServer;
  let sockets: WebSocketServer;
  let acts: Act[];
  let addresses: string[];
  let refusals: string[];
  beforeEach(async () => {
    server = await fakeServer(() => ({ status: 404 }));
    sockets = new WebSocketServer({ noServer: true });
    acts = [];
    addresses = [];
    refusals = [];
    server.http.on('upgrade', (request, socket, head) => {
      addresses.push(request.url ?? '');
      const refusal = refusals.shift();
      if (refusal !== undefined) {
        socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\n\r\n`);
        return;
      }
      const act = acts.length > 1 ? acts.shift() : acts[0];
      sockets.handleUpgrade(request, socket, head, (connected) => act?.(connected));
    });
  });
  afterEach(async () => {
    for (const socket of sockets.clients) socket.terminate();
    await server.close();
  });

  const follow = (options: Partial<FollowOptions> = {}) =>
    followLog({ url: server.url, token: 't' }, { buildId, retry, ...options });
  const frames = async (options: Partial<FollowOptions> = {}): Promise<string[]> => {
    const seen: string[] = [];
    for await (const frame of follow(options)) seen.push(describeFrame(frame));
    return seen;
  };

  it('ends after the end frame', async () => {
    acts = [sends([log(1), log(2), end])];
    expect(await frames()).toEqual(['1', '2', 'end']);
    expect(addresses).toEqual(['/api/v1/builds/b1/log']);
  });

  it('goes on at the last cursor when the connection breaks, however it breaks', async () => {
    acts = [
      sends([log(1), log(2)], (socket) => socket.terminate()),
      sends([log(3)], (socket) => socket.close(closeCodes.goingAway)),
      sends([], (socket) => socket.close(closeCodes.unavailable, 'later')),
      sends([log(4), end]),
    ];
    // The first connection may lose frames that were sent just before it broke: they would be sent again.
    const seen = await frames();
    expect(seen.slice(-3)).toEqual(['3', '4', 'end']);
    expect(addresses.slice(2)).toEqual(['/api/v1/builds/b1/log?after=c3', '/api/v1/builds/b1/log?after=c3']);
  });

  it('asks for one step only, on every connection', async () => {
    acts = [sends([log(1)], (socket) => socket.close(closeCodes.goingAway)), sends([end])];
    await frames({ stepId: StepId.parse('test') });
    expect(addresses).toEqual(['/api/v1/builds/b1/log?step=test', '/api/v1/builds/b1/log?step=test&after=c1']);
  });

  it('tries again while the server is not there yet', async () => {
    refusals = ['503 Service Unavailable', '429 Too Many Requests'];
    acts = [sends([end])];
    expect(await frames()).toEqual(['end']);
  });

  it('gives up when nothing comes, and says what it heard last', async () => {
    refusals = Array.from({ length: 9 }, () => '503 Service Unavailable');
    await expect(frames()).rejects.toMatchObject({
      message: 'the log broke off: the server answered 503',
      exitCode: 3,
    });
    expect(addresses).toHaveLength(retry.failuresMax + 1);
  });

  it.each([
    ['401 Unauthorized', 4],
    ['403 Forbidden', 4],
    ['404 Not Found', 5],
    ['400 Bad Request', 1],
  ])('does not try again after %s', async (refusal, exitCode) => {
    refusals = [refusal];
    await expect(frames()).rejects.toMatchObject({ exitCode });
    expect(addresses).toHaveLength(1);
  });

  it('does not try again with a token that has ended', async () => {
    acts = [sends([log(1)], (socket) => socket.close(closeCodes.tokenEnded, 'the token has expired'))];
    await expect(frames()).rejects.toMatchObject({ message: 'the token has expired', exitCode: 4 });
    expect(addresses).toHaveLength(1);
  });

  it('refuses what is no frame', async () => {
    acts = [(socket) => socket.send('{"kind":"surprise"}')];
    await expect(frames()).rejects.toMatchObject({ message: expect.stringContaining('does not understand') });
  });

  it('stops when it is told to', async () => {
    acts = [sends([log(1)])];
    const stopping = new AbortController();
    const seen: string[] = [];
    for await (const frame of follow({ signal: stopping.signal })) {
      seen.push(describeFrame(frame));
      stopping.abort();
    }
    expect(seen).toEqual(['1']);
  });

  it('leaves what it does not read yet with the server, and loses none of it', async () => {
    const count = 500;
    acts = [sends([...Array.from({ length: count }, (_, index) => log(index)), end])];
    const seen: string[] = [];
    for await (const frame of follow()) {
      if (seen.length % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      seen.push(describeFrame(frame));
    }
    expect(seen).toEqual([...Array.from({ length: count }, (_, index) => String(index)), 'end']);
  });
});
