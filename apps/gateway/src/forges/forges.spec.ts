import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Forge, Headers, Reading } from './forge.js';
import { forgeNamed } from './forges.js';
import { signGeneric } from './generic.forge.js';

const nowMs = Date.UTC(2026, 4, 15);
const before = '6b1f2d9c3a4e5f60718293a4b5c6d7e8f9012345';
const after = '9f8e7d6c5b4a39281706f5e4d3c2b1a098765432';
const secret = 'the-secret-of-this-project';
const othersSecret = 'the-secret-of-another-one';

const fixture = (name: string): Buffer => readFileSync(`${import.meta.dirname}/fixtures/${name}.json`);
const altered = (name: string, change: (payload: Record<string, unknown>) => void): Buffer => {
  const payload = JSON.parse(fixture(name).toString()) as Record<string, unknown>;
  change(payload);
  return Buffer.from(JSON.stringify(payload));
};
const hmac = (algorithm: string, key: string, body: Uint8Array) =>
  createHmac(algorithm, key).update(body).digest('hex');
const timestamp = String(nowMs / 1000);

interface Case {
  readonly name: 'github' | 'gitlab' | 'gitea' | 'forgejo' | 'gogs' | 'generic' | 'bare';
  readonly sign: (key: string, body: Uint8Array) => Headers;
  readonly signSha1: (key: string, body: Uint8Array) => Headers;
  readonly event: (name: string) => Headers;
  readonly push: string;
}

const genericHeaders = (key: string, body: Uint8Array): Headers => ({
  'x-cyclone-timestamp': timestamp,
  'x-cyclone-delivery': 'd-1',
  'x-cyclone-signature': signGeneric(key, timestamp, 'd-1', body),
});
const genericSha1 = (key: string, body: Uint8Array): Headers => ({
  'x-cyclone-timestamp': timestamp,
  'x-cyclone-delivery': 'd-1',
  'x-cyclone-signature': `sha1=${hmac('sha1', key, body)}`,
});

const cases: readonly Case[] = [
  {
    name: 'github',
    push: 'github-push',
    event: (name) => ({ 'x-github-event': name }),
    sign: (key, body) => ({ 'x-hub-signature-256': `sha256=${hmac('sha256', key, body)}` }),
    signSha1: (key, body) => ({ 'x-hub-signature': `sha1=${hmac('sha1', key, body)}` }),
  },
  {
    name: 'gitlab',
    push: 'gitlab-push',
    event: () => ({}),
    sign: (key) => ({ 'x-gitlab-token': key }),
    signSha1: (key, body) => ({ 'x-gitlab-token': hmac('sha1', key, body) }),
  },
  {
    name: 'gitea',
    push: 'gitea-push',
    event: (name) => ({ 'x-gitea-event': name }),
    sign: (key, body) => ({ 'x-gitea-signature': hmac('sha256', key, body) }),
    signSha1: (key, body) => ({ 'x-hub-signature': `sha1=${hmac('sha1', key, body)}` }),
  },
  {
    name: 'forgejo',
    push: 'gitea-push',
    event: (name) => ({ 'x-forgejo-event': name }),
    sign: (key, body) => ({ 'x-forgejo-signature': hmac('sha256', key, body) }),
    signSha1: (key, body) => ({ 'x-forgejo-signature': hmac('sha1', key, body) }),
  },
  {
    name: 'gogs',
    push: 'gogs-push',
    event: (name) => ({ 'x-gogs-event': name }),
    sign: (key, body) => ({ 'x-gogs-signature': hmac('sha256', key, body) }),
    signSha1: (key, body) => ({ 'x-gogs-signature': hmac('sha1', key, body) }),
  },
  { name: 'generic', push: 'generic-push', event: () => ({}), sign: genericHeaders, signSha1: genericSha1 },
  { name: 'bare', push: 'generic-push', event: () => ({}), sign: genericHeaders, signSha1: genericSha1 },
];

describe.each(cases)('a delivery of $name', ({ name, sign, signSha1, event, push }) => {
  const forge = forgeNamed(name);
  const body = fixture(push);
  const verify = (headers: Headers, bytes: Uint8Array = body, key = secret) =>
    forge.verify({ body: bytes, headers, secret: key, nowMs }).kind;

  it('is taken with the signature of its project', () => expect(verify(sign(secret, body))).toBe('good'));
  it('is refused without a signature', () => expect(verify({})).toBe('refused'));
  it('is refused with a wrong signature', () => {
    const headers = Object.entries(sign(secret, body)).map(([key, value]) => [
      key,
      key === 'x-cyclone-timestamp' ? value : `${value}0`,
    ]);
    expect(verify(Object.fromEntries(headers) as Headers)).toBe('refused');
  });
  it('is refused with an empty signature', () => {
    expect(verify(Object.fromEntries(Object.keys(sign(secret, body)).map((key) => [key, ''])))).toBe('refused');
  });
  it("is refused with another project's signature", () => expect(verify(sign(othersSecret, body))).toBe('refused'));
  it('is refused with a SHA-1 signature only', () => expect(verify(signSha1(secret, body))).toBe('refused'));
  it('is refused where the project has no secret', () => expect(verify(sign('', body), body, '')).toBe('refused'));
  it('never tells the secret in its reason', () => {
    const signature = forge.verify({ body, headers: sign(othersSecret, body), secret, nowMs });
    expect(JSON.stringify(signature)).not.toContain(secret);
    expect(JSON.stringify(signature)).not.toContain(othersSecret);
  });

  it('reads a push as a change', () => {
    const reading = forge.read({ body, headers: event('push') });
    expect(reading).toMatchObject({
      kind: 'change',
      change: {
        kind: 'push',
        ref: 'refs/heads/main',
        before,
        after,
        sender: 'mara',
        author: { name: 'Mara Ortiz', email: 'mara@example.org' },
      },
    });
  });
  it('is unusable when it is not JSON', () => {
    expect(forge.read({ body: Buffer.from('{"ref": '), headers: event('push') })).toMatchObject({
      kind: 'unusable',
      reason: expect.stringContaining('not JSON'),
    });
  });
  it('keeps no header that opens anything', () => {
    for (const header of forge.keptHeaders) expect(header).not.toMatch(/token|signature|authorization|cookie|secret/);
  });
});

describe.each(cases)('a signature over bytes of $name', ({ name, sign }) => {
  // GitLab's token says nothing of the body: that is why its newer form signs.
  if (name === 'gitlab')
    return it.each(['gitlab'])('does not exist in the older form of %s', () =>
      expect(Object.keys(sign(secret, Buffer.from('')))).toEqual(['x-gitlab-token']),
    );
  return it('does not hold for the same JSON written otherwise', () => {
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(fixture('github-push').toString())));
    expect(
      forgeNamed(name).verify({ body: rewritten, headers: sign(secret, fixture('github-push')), secret, nowMs }).kind,
    ).toBe('refused');
  });
});

describe('readings', () => {
  const gh = (event: string): Headers => ({ 'x-github-event': event });
  const gt = (event: string): Headers => ({ 'x-gitea-event': event });
  const gg = (event: string): Headers => ({ 'x-gogs-event': event });
  const change = (kind: string, ref: string, more: object = {}) => ({
    kind: 'change',
    change: { kind, ref, after, ...more },
  });
  const filtered = (reason: string) => ({ kind: 'filtered', reason: expect.stringContaining(reason) });
  const fork = { pullRequest: { number: 42, title: 'Round half to even', baseRef: 'refs/heads/main', fromFork: true } };
  const own = { pullRequest: { fromFork: false } };

  it.each<[string, string, Headers, object]>([
    ['github', 'github-ping', gh('ping'), { kind: 'ping' }],
    ['github', 'github-push-annotated-tag', gh('push'), change('tag', 'refs/tags/v1.4.0', { before: undefined })],
    ['github', 'github-push-deleted', gh('push'), filtered('deleted')],
    ['github', 'github-create-tag', gh('create'), filtered('push')],
    ['github', 'github-create-tag', gh('delete'), filtered('deleted')],
    ['github', 'github-push', gh('star'), filtered('star')],
    ['github', 'github-pull-request-fork', gh('pull_request'), change('pull_request', 'refs/pull/42/head', fork)],
    [
      'github',
      'github-pull-request-synchronize',
      gh('pull_request'),
      change('pull_request', 'refs/pull/42/head', { before, ...own }),
    ],
    ['github', 'github-pull-request-labeled', gh('pull_request'), filtered('labeled')],
    ['gitlab', 'gitlab-tag-push', {}, change('tag', 'refs/tags/v1.4.0', { before: undefined })],
    ['gitlab', 'gitlab-push-deleted', {}, filtered('deleted')],
    ['gitlab', 'gitlab-merge-request-fork', {}, change('pull_request', 'refs/merge-requests/42/head', fork)],
    [
      'gitlab',
      'gitlab-merge-request-update',
      {},
      change('pull_request', 'refs/merge-requests/42/head', { before, ...own }),
    ],
    ['gitlab', 'gitlab-merge-request-title', {}, filtered('update')],
    ['gitea', 'gitea-push-tag', gt('push'), change('tag', 'refs/tags/v1.4.0', { before: undefined })],
    ['gitea', 'gitea-create-tag', gt('create'), filtered('push')],
    ['gitea', 'gitea-pull-request-fork', gt('pull_request'), change('pull_request', 'refs/pull/42/head', fork)],
    ['gitea', 'gitea-pull-request-synchronized', gt('pull_request'), change('pull_request', 'refs/pull/42/head', own)],
    ['gogs', 'gogs-create-tag', gg('create'), change('tag', 'refs/tags/v1.4.0')],
    ['gogs', 'gogs-pull-request-fork', gg('pull_request'), change('pull_request', 'refs/pull/42/head', fork)],
  ])('%s: %s', (name, file, headers, expected) => {
    expect(forgeNamed(name as 'github').read({ body: fixture(file), headers })).toMatchObject(expected);
  });

  it.each(['[skip ci]', '[CI SKIP]', 'docs [ci skip] only'])('a push whose message says %s is filtered', (message) => {
    const body = altered('github-push', (payload) => {
      (payload['head_commit'] as { message: string }).message = message;
    });
    expect(forgeNamed('github').read({ body, headers: gh('push') })).toMatchObject(filtered('message says'));
  });

  it('a tag that a build made is filtered', () => {
    const body = altered('generic-push', (payload) => {
      payload['ref'] = 'refs/tags/nightly_Cyclone';
    });
    expect(forgeNamed('generic').read({ body, headers: {} })).toMatchObject(filtered('_Cyclone'));
  });

  it('one tag told by Gogs in two deliveries is one change', () => {
    const created = forgeNamed('gogs').read({ body: fixture('gogs-create-tag'), headers: gg('create') });
    const pushed = forgeNamed('gogs').read({ body: fixture('gitea-push-tag'), headers: gg('push') });
    const identity = (reading: Reading) =>
      reading.kind === 'change' && [
        reading.change.kind,
        reading.change.ref,
        reading.change.before,
        reading.change.after,
      ];
    expect(identity(created)).toEqual(identity(pushed));
    expect(created.kind).toBe('change');
  });

  it('a form with a payload field reads like JSON', () => {
    const body = Buffer.from(new URLSearchParams({ payload: fixture('github-push').toString() }).toString());
    expect(
      forgeNamed('github').read({
        body,
        headers: { ...gh('push'), 'content-type': 'application/x-www-form-urlencoded' },
      }),
    ).toMatchObject({ kind: 'change' });
  });
});

/** Every leaf of every fixture gets every wrong type: a value comes back, and a wrong one names its field. */
const leaves = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
  typeof value === 'object' && value !== null
    ? [path, ...Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))]
    : [path];

const withLeaf = (value: unknown, path: readonly string[], leaf: unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === key ? withLeaf(item, rest, leaf) : item));
  const record = value as Record<string, unknown>;
  return { ...record, [key]: withLeaf(record[key], rest, leaf) };
};

describe('fields of a wrong type', () => {
  const files: readonly [Case['name'], string, Headers][] = [
    ['github', 'github-push', { 'x-github-event': 'push' }],
    ['github', 'github-pull-request-fork', { 'x-github-event': 'pull_request' }],
    ['gitlab', 'gitlab-push', {}],
    ['gitlab', 'gitlab-merge-request-fork', {}],
    ['gitea', 'gitea-push', { 'x-gitea-event': 'push' }],
    ['gitea', 'gitea-pull-request-fork', { 'x-gitea-event': 'pull_request' }],
    ['gogs', 'gogs-create-tag', { 'x-gogs-event': 'create' }],
    ['gogs', 'gogs-pull-request-fork', { 'x-gogs-event': 'pull_request' }],
    ['generic', 'generic-push', {}],
  ];
  const kinds = new Set<Reading['kind']>(['change', 'filtered', 'unusable', 'ping']);

  it.each(files)('%s: each field of %s', (name, file, headers) => {
    const forge: Forge = forgeNamed(name);
    const payload: unknown = JSON.parse(fixture(file).toString());
    for (const path of leaves(payload)) {
      for (const wrong of [
        null,
        7,
        -1.5,
        true,
        '',
        'x'.repeat(100_000),
        [],
        {},
        { $ne: null },
        ['a'],
        { __proto__: null, constructor: 1 },
      ]) {
        const body = Buffer.from(JSON.stringify(withLeaf(payload, path, wrong)));
        const reading = forge.read({ body, headers });
        expect(kinds).toContain(reading.kind);
        if (reading.kind === 'unusable') expect(reading.reason.length).toBeLessThanOrEqual(1000);
      }
    }
  });

  it('the reason names the field', () => {
    const body = altered('github-push', (payload) => {
      (payload['head_commit'] as { author: unknown }).author = 7;
    });
    expect(forgeNamed('github').read({ body, headers: { 'x-github-event': 'push' } })).toEqual({
      kind: 'unusable',
      reason: expect.stringContaining('body.head_commit.author'),
    });
  });
});

it('a generic delivery is refused when it is old', () => {
  const body = fixture('generic-push');
  expect(
    forgeNamed('generic').verify({ body, headers: genericHeaders(secret, body), secret, nowMs: nowMs + 301_000 }),
  ).toMatchObject({ kind: 'refused', reason: expect.stringContaining('five minutes') });
});
