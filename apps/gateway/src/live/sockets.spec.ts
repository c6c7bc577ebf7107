import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { CommandId, type LogFrame, subjects, TokenId, BuildId } from '@cyclone/contracts';
import { eventually } from '@cyclone/testing';
import { WebSocket } from 'ws';
import { sampleBuild, sampleJob } from '../testing/fake-services.js';
import { startTestGateway, type TestGateway } from '../testing/test-gateway.js';

let gateway: TestGateway;
let viewer: string;
const opened: WebSocket[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({ allowedOrigins: ['https://dash.example.org'], sockets: { recheckMs: 50 } });
  viewer = await gateway.tokenFor('viewer', ['shop']);
});
afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
});
afterAll(() => gateway.stop());

const open = (path: string, options: { token?: string; origin?: string } = {}) => {
  const socket = new WebSocket(gateway.url.replace('http', 'ws') + path, {
    headers: options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` },
    origin: options.origin,
    perMessageDeflate: false,
  });
  opened.push(socket);
  const frames: LogFrame[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data)) as LogFrame));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const refused = new Promise<number>((resolve) => {
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => resolve(101));
    socket.on('error', () => undefined);
  });
  return { socket, frames, closed, status: refused };
};

const textOf = (frames: readonly LogFrame[], stepId: string): string =>
  Buffer.concat(
    frames.flatMap((frame) =>
      frame.kind === 'log' && frame.stepId === stepId
        ? [frame.text === undefined ? Buffer.from(frame.base64 ?? '', 'base64') : Buffer.from(frame.text)]
        : [],
    ),
  ).toString();

let count = 0;
const build = (steps: Parameters<typeof sampleJob>, status: 'running' | 'finished' = 'running'): string => {
  const id = `live${(count += 1)}`;
  gateway.services.builds.set(
    id,
    sampleBuild(id, 'shop', {
      status,
      outcome: status === 'finished' ? 'succeeded' : undefined,
      jobs: [sampleJob(...steps)] as never,
    }),
  );
  return id;
};
const stored = (id: string, stepId: string, data: Buffer, sealed = false): void => {
  const key = `${id}/${stepId}`;
  const before = gateway.services.logs.get(key)?.data ?? Buffer.alloc(0);
  gateway.services.logs.set(key, { fence: 7, data: Buffer.concat([before, data]), sealed });
};
const notice = (id: string, stepId: string, offset: number, data: Buffer, sealed = 'no'): void =>
  gateway.signals.send(subjects.logStored(BuildId.parse(id)), {
    headers: { projectId: 'shop', jobId: 'job', stepId, fence: '7', offset: String(offset), at: '1', sealed },
    data,
  });
const finish = async (id: string): Promise<void> => {
  const view = gateway.services.builds.get(id);
  if (view === undefined) throw new Error(`no build ${id}`);
  gateway.services.builds.set(id, {
    ...view,
    status: 'finished',
    outcome: 'succeeded',
    jobs: view.jobs.map((job) => ({
      ...job,
      steps: job.steps.map((step) => ({ ...step, status: 'ended', outcome: 'succeeded' })),
    })),
  });
  await gateway.store.append({
    stream: { kind: 'build', id },
    expectedVersion: 0,
    commandId: CommandId.parse(randomUUID()),
    tenant: 'shop',
    actor: { kind: 'system', id: 'test' },
    trace: { correlationId: 'x' },
    occurredAt: 1,
    events: [{ type: 'BuildFinished', data: { outcome: 'succeeded' } }],
  });
  gateway.signals.send('cyclone.event.build.shop.x.build-finished', {});
};

describe('who may open a socket', () => {
  it.each<[string, () => { token?: string; origin?: string }, number]>([
    ['without a token', () => ({}), 401],
    ['with a wrong one', () => ({ token: 'cyc_x_y' }), 401],
    ['from a foreign page', () => ({ token: viewer, origin: 'https://evil.example' }), 403],
    ['from a page named null', () => ({ token: viewer, origin: 'null' }), 403],
    ['from its own page', () => ({ token: viewer, origin: gateway.url }), 101],
    ['from an allowed page', () => ({ token: viewer, origin: 'https://dash.example.org' }), 101],
    ['as a program', () => ({ token: viewer }), 101],
  ])('%s', async (_, options, status) => expect(await open('/api/v1/events?after=0', options()).status).toBe(status));

  it("another tenant's build is not there", async () => {
    gateway.services.builds.set('foreign', sampleBuild('foreign', 'bank'));
    expect(await open('/api/v1/builds/foreign/log', { token: viewer }).status).toBe(404);
    expect(await open('/api/v1/builds/absent/log', { token: viewer }).status).toBe(404);
  });
  it.each([
    '/api/v1/events?after=x',
    '/api/v1/events?after=1&after=2',
    '/api/v1/builds/a/log?x=1',
    '/api/v1/builds/a/log?offset=5',
  ])('%s answers 400', async (path) => {
    expect(await open(path, { token: viewer }).status).toBe(400);
  });
  it('a ticket opens once', async () => {
    const { ticket } = (await (await gateway.request('POST', '/api/v1/tickets', { token: viewer })).json()) as {
      ticket: string;
    };
    const path = `/api/v1/events?after=0&ticket=${ticket}`;
    expect((await Promise.all([open(path).status, open(path).status])).sort()).toEqual([101, 401]);
  });
  it('is cut off when its token is revoked, here or elsewhere', async () => {
    for (const revoke of [
      (id: TokenId) => gateway.request('DELETE', `/api/v1/tokens/${id}`, { token: admin }),
      (id: TokenId) => Promise.resolve(gateway.parts.authenticator.end(id)),
    ]) {
      const admin0 = await gateway.tokenFor('admin');
      admin = admin0;
      const token = await gateway.tokenFor('viewer', ['shop']);
      const { status, closed } = open('/api/v1/events?after=0', { token });
      expect(await status).toBe(101);
      await revoke(TokenId.parse(token.split('_')[1]));
      expect(await closed).toBe(4401);
    }
  });
  it('is cut off when it sends a large message', async () => {
    const { socket, status, closed } = open('/api/v1/events?after=0', { token: viewer });
    await status;
    socket.send('x'.repeat(100_000));
    expect(await closed).toBe(1009);
  });
});
let admin = '';

describe("a build's log", () => {
  it('joins history to live without a gap, folds by step, and ends', async () => {
    const id = build([{ id: 'compile' }]);
    stored(id, 'compile', Buffer.from('history\n'));
    const { frames, closed } = open(`/api/v1/builds/${id}/log`, { token: viewer });
    await eventually(() => expect(textOf(frames, 'compile')).toBe('history\n'));
    stored(id, 'compile', Buffer.from('live\n'));
    notice(id, 'compile', 8, Buffer.from('live\n'));
    await eventually(() => expect(textOf(frames, 'compile')).toBe('history\nlive\n'));
    stored(id, 'compile', Buffer.from('lost notice\n'));
    stored(id, 'compile', Buffer.from('after a gap\n'), true);
    notice(id, 'compile', 25, Buffer.from('after a gap\n'), 'yes');
    await finish(id);
    expect(await closed).toBe(1000);
    expect(textOf(frames, 'compile')).toBe('history\nlive\nlost notice\nafter a gap\n');
    expect(
      frames
        .map((frame) => (frame.kind === 'step' ? frame.status : frame.kind))
        .filter((kind, index, all) => kind !== all[index - 1]),
    ).toEqual(['build', 'started', 'log', 'build', 'ended', 'end']);
    expect(frames.at(-1)).toEqual({ kind: 'end', outcome: 'succeeded', logs: 'complete' });
  });

  it('ends what a step waited for before that step begins, and begins no skipped one', async () => {
    const id = build(
      [
        { id: 'compile', status: 'ended', outcome: 'succeeded', log: { bytes: 5 } },
        { id: 'try', needs: ['compile'], status: 'ended', outcome: 'succeeded' },
        { id: 'tell', needs: ['try'], status: 'ended', outcome: 'skipped' },
      ],
      'finished',
    );
    const { frames, closed } = open(`/api/v1/builds/${id}/log`, { token: viewer });
    await eventually(() => expect(frames.some((frame) => frame.kind === 'step')).toBe(true));
    stored(id, 'compile', Buffer.from('done\n'), true);
    notice(id, 'compile', 0, Buffer.from('done\n'), 'yes');
    expect(await closed).toBe(1000);
    expect(frames.flatMap((frame) => (frame.kind === 'step' ? [`${frame.stepId} ${frame.status}`] : []))).toEqual([
      'compile started',
      'compile ended',
      'try started',
      'try ended',
      'tell ended',
    ]);
  });

  it('tells of a step that wrote nothing once, also when its log is sealed later', async () => {
    const id = build([
      { id: 'quiet', status: 'ended', outcome: 'succeeded', log: { bytes: 0 } },
      { id: 'next', needs: ['quiet'], status: 'running' },
    ]);
    const { frames, closed } = open(`/api/v1/builds/${id}/log`, { token: viewer });
    const told = () => frames.flatMap((frame) => (frame.kind === 'step' ? [`${frame.stepId} ${frame.status}`] : []));
    await eventually(() => expect(told()).toEqual(['quiet started', 'quiet ended', 'next started']));
    stored(id, 'quiet', Buffer.alloc(0), true);
    notice(id, 'quiet', 0, Buffer.alloc(0), 'yes');
    stored(id, 'next', Buffer.from('x\n'), true);
    notice(id, 'next', 0, Buffer.from('x\n'), 'yes');
    await finish(id);
    expect(await closed).toBe(1000);
    expect(told()).toEqual(['quiet started', 'quiet ended', 'next started', 'next ended']);
  });

  it('goes on from any cursor with exactly what is missing', async () => {
    const id = build(
      [
        { id: 'one', status: 'ended', outcome: 'succeeded' },
        { id: 'two', status: 'ended', outcome: 'succeeded' },
      ],
      'finished',
    );
    stored(id, 'one', Buffer.alloc(900_000, 'ä'), true);
    stored(id, 'two', Buffer.from('second\n'), true);
    const whole = open(`/api/v1/builds/${id}/log`, { token: viewer });
    await whole.closed;
    expect(textOf(whole.frames, 'one')).toBe('ä'.repeat(450_000));
    for (const [index, frame] of whole.frames.entries()) {
      if (!('cursor' in frame)) continue;
      const rest = open(`/api/v1/builds/${id}/log?after=${frame.cursor}`, { token: viewer });
      expect(await rest.closed).toBe(1000);
      const expected = whole.frames.slice(index + 1);
      for (const step of ['one', 'two']) expect(textOf(rest.frames, step)).toBe(textOf(expected, step));
    }
  });

  it('goes on from an offset of one step', async () => {
    const id = build([{ id: 'one', status: 'ended', outcome: 'succeeded' }], 'finished');
    stored(id, 'one', Buffer.from('0123456789'), true);
    const { frames, closed } = open(`/api/v1/builds/${id}/log?step=one&offset=7&fence=7`, { token: viewer });
    await closed;
    expect(textOf(frames, 'one')).toBe('789');
  });

  it('never cuts a character, and sends other bytes as base64', async () => {
    const id = build([{ id: 'odd' }]);
    const euro = Buffer.from('€');
    stored(id, 'odd', euro.subarray(0, 2));
    const { frames, closed } = open(`/api/v1/builds/${id}/log`, { token: viewer });
    await eventually(() => expect(frames.some((frame) => frame.kind === 'step')).toBe(true));
    stored(id, 'odd', euro.subarray(2));
    notice(id, 'odd', 2, euro.subarray(2));
    await eventually(() => expect(textOf(frames, 'odd')).toBe('€'));
    stored(id, 'odd', Buffer.from([0xff, 0x00]), true);
    notice(id, 'odd', 3, Buffer.from([0xff, 0x00]), 'yes');
    await finish(id);
    await closed;
    expect(
      frames
        .filter((frame) => frame.kind === 'log')
        .map((frame) => frame.kind === 'log' && (frame.text ?? frame.base64)),
    ).toEqual(['€', '/wA=']);
  });

  it('of a reader that does not read costs a bounded amount of memory, and nobody waits for it', async () => {
    const id = build([{ id: 'big' }]);
    stored(id, 'big', Buffer.alloc(30 * 1024 * 1024, 'x'), true);
    const slow = open(`/api/v1/builds/${id}/log`, { token: viewer });
    slow.socket.on('open', () => slow.socket.pause());
    await slow.status;
    const reads = () =>
      gateway.services.asked.filter(
        ({ subject, request }) => subject.endsWith('read-log') && JSON.stringify(request).includes(id),
      ).length;
    const fast = open(`/api/v1/builds/${id}/log`, { token: viewer });
    await eventually(() => expect(textOf(fast.frames, 'big').length).toBe(30 * 1024 * 1024), { timeoutMs: 20_000 });
    const rangesForOne = Math.ceil((30 * 1024 * 1024) / (384 * 1024));
    // What the kernel holds for both ends, and one megabyte of ours: far from the whole.
    expect(reads()).toBeLessThan(rangesForOne + 60);
    slow.socket.resume();
    await eventually(() => expect(textOf(slow.frames, 'big').length).toBe(30 * 1024 * 1024), { timeoutMs: 20_000 });
  }, 45_000);
});

describe('the feed', () => {
  it('gives whole commits in order, and goes on from its last position', async () => {
    const token = await gateway.tokenFor('admin');
    const first = open('/api/v1/events?after=0', { token });
    await gateway.tokenFor('viewer');
    gateway.signals.send('cyclone.event.token._.x.token-issued', {});
    const items = () =>
      first.frames.flatMap((frame) =>
        'items' in frame ? (frame as unknown as { items: { position: number }[] }).items : [],
      );
    const last = gateway.parts.tail;
    await eventually(() => expect(items().at(-1)?.position).toBe(last.position));
    const positions = items().map(({ position }) => position);
    expect(positions).toEqual([...positions].sort((left, right) => left - right));
    const again = open(`/api/v1/events?after=${positions.at(-2)}`, { token });
    await eventually(() => expect(JSON.stringify(again.frames)).toContain(`"position":${positions.at(-1)}`));
  });
});
