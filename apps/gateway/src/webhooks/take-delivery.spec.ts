import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeliveryId, type DeliveryView } from '@cyclone/contracts';
import { eventually } from '@cyclone/testing';
import { startTestGateway, type TestGateway } from '../testing/test-gateway.js';

let gateway: TestGateway;
let owner: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  for (const id of ['shop', 'bank']) gateway.services.addProject(id);
  gateway.services.addProject('forge', 'gitea');
  owner = await gateway.tokenFor('owner', ['shop', 'forge']);
});
afterAll(() => gateway.stop());

const push = readFileSync(`${import.meta.dirname}/../forges/fixtures/github-push.json`);
const pushTo = (ref: string): Buffer => Buffer.from(JSON.stringify({ ...JSON.parse(push.toString()), ref }));
const sign = (body: Uint8Array, secret = 'secret-of-shop-project'): string =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const send = (body: Uint8Array, headers: Record<string, string> = {}, path = '/hooks/shop/github') =>
  fetch(gateway.url + path, {
    method: 'POST',
    body: Buffer.from(body),
    headers: {
      'Content-Type': 'application/json',
      'X-GitHub-Event': 'push',
      'X-GitHub-Delivery': randomUUID(),
      'X-Hub-Signature-256': sign(body),
      ...headers,
    },
  });
const taken = async (response: Response): Promise<string> => {
  expect(response.status).toBe(202);
  return ((await response.json()) as { deliveryId: string }).deliveryId;
};
const judged = (id: string, project = 'shop'): Promise<DeliveryView> =>
  eventually(async () => {
    const response = await gateway.request('GET', `/api/v1/projects/${project}/deliveries/${id}`, { token: owner });
    const view = (await response.json()) as DeliveryView;
    expect(view.verdict).toBeDefined();
    return view;
  });

describe('a webhook', () => {
  it('is stored before the answer, judged after it, and makes one build however often it comes', async () => {
    const guid = randomUUID();
    const first = await taken(await send(push, { 'X-GitHub-Delivery': guid }));
    expect((await judged(first)).verdict).toMatchObject({ kind: 'built' });
    const repeated = (await (await send(push, { 'X-GitHub-Delivery': guid })).json()) as object;
    expect(repeated).toEqual({ deliveryId: first, repeated: true });
    const another = await taken(await send(push));
    expect((await judged(another)).verdict).toEqual({ ...(await judged(first)).verdict, kind: 'duplicate' });
  });

  it('makes one build and one delivery when it comes 30 times at once', async () => {
    const body = pushTo('refs/heads/busy');
    const before = gateway.services.changes.length;
    const ids = await Promise.all(
      Array.from({ length: 30 }, async (_, index) =>
        taken(await send(body, { 'X-GitHub-Delivery': `parallel-${index % 3}` })),
      ),
    );
    expect(new Set(ids).size).toBe(3);
    const verdicts = await Promise.all([...new Set(ids)].map(async (id) => (await judged(id)).verdict?.kind));
    expect(verdicts.sort()).toEqual(['built', 'duplicate', 'duplicate']);
    expect(gateway.services.changes.length).toBe(before + 1);
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['no signature', { 'X-Hub-Signature-256': '' }, 401, '/hooks/shop/github'],
    [
      'only a SHA-1 signature',
      {
        'X-Hub-Signature-256': '',
        'X-Hub-Signature': `sha1=${createHmac('sha1', 'secret-of-shop-project').update(push).digest('hex')}`,
      },
      401,
      '/hooks/shop/github',
    ],
    [
      "another project's signature",
      { 'X-Hub-Signature-256': sign(push, 'secret-of-bank-project') },
      401,
      '/hooks/shop/github',
    ],
    ['a project that is not there', {}, 401, '/hooks/nobody/github'],
    ['a name that is none', {}, 404, '/hooks/a.b/github'],
    ['a forge that is none', {}, 404, '/hooks/shop/sourceforge'],
    ['a packed body', { 'Content-Encoding': 'gzip' }, 415, '/hooks/shop/github'],
  ])('with %s is refused', async (_, headers, status, path) => {
    const commits = gateway.services.changes.length;
    expect((await send(push, headers, path)).status).toBe(status);
    expect(gateway.services.changes.length).toBe(commits);
  });

  it('that was refused is listed with its reason, without anything of its body', async () => {
    await send(push, { 'X-Hub-Signature-256': sign(push, 'wrong') });
    const { items } = (await (
      await gateway.request('GET', '/api/v1/projects/shop/refused-deliveries', { token: owner })
    ).json()) as { items: object[] };
    expect(items[0]).toMatchObject({ forge: 'github', reason: expect.stringContaining('does not match') });
    expect(JSON.stringify(items)).not.toContain('secret-of-shop');
  });

  it('of 30 MB is refused at its length, before it is read', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () =>
        socket.write(`POST /hooks/shop/github HTTP/1.1\r\nHost: x\r\nContent-Length: ${30 * 1024 * 1024}\r\n\r\n`),
      );
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('of 26 MB without a length is refused at the byte that is too much', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'a');
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, '127.0.0.1', () => {
        socket.write('POST /hooks/shop/github HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
        for (let sent = 0; sent < 26; sent += 1)
          socket.write(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]));
      });
      socket.on('error', () => undefined);
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it.each(['{"ref":', '[]', '7', '"x"', 'null', '', '{"ref":7,"before":[],"after":{}}'])(
    'whose signed body is %s is taken, and told to be unusable',
    async (text) => {
      const body = Buffer.from(text);
      expect((await judged(await taken(await send(body)))).verdict).toMatchObject({
        kind: 'unusable',
        reason: expect.stringContaining('body'),
      });
    },
  );

  it('with a large signed body is stored and read back', async () => {
    const payload = JSON.parse(push.toString()) as object;
    const body = Buffer.from(
      JSON.stringify({ ...payload, ref: 'refs/heads/large', padding: 'x'.repeat(20 * 1024 * 1024) }),
    );
    expect((await judged(await taken(await send(body)))).verdict).toMatchObject({ kind: 'built' });
  }, 20_000);

  it('keeps no header that opens anything', async () => {
    const view = await taken(
      await send(push, { Authorization: 'Bearer canary', Cookie: 'canary', 'X-Gitlab-Token': 'canary' }),
    );
    expect(JSON.stringify(await gateway.store.readStream({ kind: 'delivery', id: view }))).not.toContain('canary');
  });

  it('answers 503 with Retry-After while its secret cannot be had', async () => {
    gateway.services.isAway = true;
    const answer = await send(push, {}, '/hooks/forge/gitea');
    gateway.services.isAway = false;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('that could not be judged at once is judged by whoever takes it up', async () => {
    const body = pushTo('refs/heads/patient');
    await taken(await send(push));
    gateway.services.isAway = true;
    const id = await taken(await send(body));
    gateway.services.isAway = false;
    const deliveryId = DeliveryId.parse(id);
    await Promise.all([gateway.parts.deliveries.judge(deliveryId), gateway.parts.deliveries.judge(deliveryId)]);
    expect((await judged(id)).verdict).toMatchObject({ kind: 'built' });
    expect((await gateway.store.readStream({ kind: 'delivery', id })).map(({ type }) => type)).toEqual([
      'DeliveryReceived',
      'DeliveryJudged',
    ]);
  });

  it('is judged anew when it is asked for again', async () => {
    const body = pushTo('refs/heads/again');
    const id = await taken(await send(body));
    const first = await judged(id);
    const response = await gateway.request('POST', `/api/v1/projects/shop/deliveries/${id}/redeliver`, {
      token: owner,
    });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ verdict: first.verdict, redeliveries: 1 });
  });

  it('is listed newest first, page by page', async () => {
    const list = async (query: string) =>
      (await (await gateway.request('GET', `/api/v1/projects/shop/deliveries?${query}`, { token: owner })).json()) as {
        items: DeliveryView[];
        nextCursor?: string;
      };
    const whole = await list('limit=200');
    const paged: DeliveryView[] = [];
    for (let after = ''; ;) {
      const page = await list(`limit=4${after}`);
      paged.push(...page.items);
      if (page.nextCursor === undefined) break;
      after = `&after=${page.nextCursor}`;
    }
    expect(paged.map(({ id }) => id)).toEqual(whole.items.map(({ id }) => id));
    expect(paged.length).toBeGreaterThan(8);
  });
});
