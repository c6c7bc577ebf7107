import { generateKeyPairSync, sign } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { LogConfirmation } from '@cyclone/contracts';
import type { IncomingMessage, Signals } from '@cyclone/messaging';
import type { LogAttempt } from '../store/log-store.js';
import { MemoryLogStore } from '../store/memory.log-store.js';
import { JobTokenVerifier } from './job-token-verifier.js';
import { LogIngest } from './log-ingest.js';

const nowMs = 1_800_000_000_000;
const keys = generateKeyPairSync('ed25519');
const publicKeyPem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const rightClaims = {
  iss: 'cyclone',
  aud: 'cyclone-job',
  iat: nowMs / 1000,
  exp: nowMs / 1000 + 600,
  projectId: 'shop',
  buildId: 'b1',
  jobId: 'j1',
  attempt: 1,
  fence: 3,
  runnerId: 'r1',
};
const aToken = (
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = { alg: 'EdDSA', kid: 'k1' },
  key = keys.privateKey,
): string => {
  const body = `${base64url(header)}.${base64url({ ...rightClaims, ...claims })}`;
  return `${body}.${sign(null, Buffer.from(body), key).toString('base64url')}`;
};
const token = aToken();

const aMessage = (
  changes: { subject?: string; headers?: Record<string, string>; text?: string; seq?: number; offset?: number } = {},
): IncomingMessage => ({
  subject: changes.subject ?? 'cyclone.log.shop.b1.j1.s1',
  id: 'm',
  headers: {
    kind: 'chunk',
    seq: String(changes.seq ?? 0),
    offset: String(changes.offset ?? 0),
    at: '5',
    fence: '3',
    runnerId: 'r1',
    'Cyclone-Job-Token': token,
    ...changes.headers,
  },
  data: Buffer.from(changes.text ?? 'hello'),
  deliveryCount: 1,
  extend: () => undefined,
});
const aSeal = (seq: number): IncomingMessage => ({
  ...aMessage({
    seq,
    headers: { kind: 'seal', summary: JSON.stringify({ bytes: 10, lines: 0, crc32: 1, truncated: false }) },
  }),
  data: new Uint8Array(),
});

class RecordedSignals implements Signals {
  readonly sent: { subject: string; headers?: Readonly<Record<string, string>>; data?: Uint8Array }[] = [];
  send(subject: string, message: { headers?: Readonly<Record<string, string>>; data?: Uint8Array }): void {
    this.sent.push({ subject, ...message });
  }
  listen(): () => void {
    return () => undefined;
  }
  confirmations(): LogConfirmation[] {
    return this.sent
      .filter(({ subject }) => subject === 'cyclone.live.confirm.r1.logs')
      .map(({ data }) => LogConfirmation.parse(JSON.parse(Buffer.from(data ?? []).toString())));
  }
  notices(): string[] {
    return this.sent
      .filter(({ subject }) => subject === 'cyclone.live.log-stored.b1')
      .map(({ headers, data }) => `${headers?.offset}:${Buffer.from(data ?? []).toString()}`);
  }
}

describe('taking log messages', () => {
  let store: MemoryLogStore;
  let signals: RecordedSignals;
  let complete: LogAttempt[];
  let fetched: number;
  let fetchKey: () => Promise<{ keyId: string; publicKeyPem: string }>;
  let ingest: LogIngest;

  beforeEach(() => {
    store = new MemoryLogStore();
    signals = new RecordedSignals();
    complete = [];
    fetched = 0;
    fetchKey = async () => ({ keyId: 'k1', publicKeyPem });
    const tokens = new JobTokenVerifier(
      () => {
        fetched += 1;
        return fetchKey();
      },
      () => nowMs,
    );
    ingest = new LogIngest({
      store,
      tokens,
      signals,
      now: () => nowMs,
      onComplete: (attempt) => complete.push(attempt),
    });
  });

  const reasonOf = async (message: IncomingMessage): Promise<string> => {
    const [outcome] = await ingest.handle([message]);
    return outcome?.kind === 'done' || outcome === undefined ? 'taken' : `${outcome.kind}: ${outcome.reason}`;
  };

  it('stores, tells watchers with the bytes, and confirms once for each attempt', async () => {
    const outcomes = await ingest.handle([aMessage(), aMessage({ seq: 1, offset: 5, text: 'world' })]);
    expect(outcomes).toEqual([{ kind: 'done' }, { kind: 'done' }]);
    expect(signals.notices()).toEqual(['0:hello', '5:world']);
    expect(signals.confirmations()).toEqual([
      { buildId: 'b1', jobId: 'j1', stepId: 's1', fence: 3, nextSeq: 2, sealed: false },
    ]);
  });

  it('takes a repeated message as taken: no second notice, but a confirmation, since the first may be lost', async () => {
    await ingest.handle([aMessage()]);
    expect(await ingest.handle([aMessage()])).toEqual([{ kind: 'done' }]);
    expect(signals.notices()).toEqual(['0:hello']);
    expect(signals.confirmations()).toHaveLength(2);
  });

  it('confirms up to the first hole, and tells watchers to look when it is filled', async () => {
    await ingest.handle([aMessage({ seq: 1, offset: 5, text: 'world' })]);
    await ingest.handle([aMessage()]);
    expect(signals.confirmations().map(({ nextSeq }) => nextSeq)).toEqual([0, 2]);
    expect(signals.notices()).toEqual(['5:world', '0:hello', '10:']);
  });

  it('reports an attempt as complete when every chunk below the seal is stored, in whatever order', async () => {
    await ingest.handle([aSeal(2), aMessage({ seq: 1, offset: 5, text: 'world' })]);
    expect(complete).toEqual([]);
    await ingest.handle([aMessage()]);
    expect(complete).toMatchObject([
      { stepId: 's1', seal: { seq: 2, summary: { bytes: 10 } }, prefix: { nextSeq: 2, bytes: 10 } },
    ]);
  });

  it('confirms the seal of a closed log to a runner that asks again', async () => {
    await ingest.handle([aMessage(), aSeal(1)]);
    await store.close({ ...rightPlace, fence: 3 }, 'sealed');
    await ingest.handle([aSeal(1)]);
    expect(signals.confirmations().at(-1)).toMatchObject({ nextSeq: 2, sealed: true });
    expect(complete).toHaveLength(1);
  });

  it('checks a token once and judges it for every message', async () => {
    await ingest.handle([aMessage(), aMessage({ seq: 1, offset: 5 })]);
    expect(fetched).toBe(1);
    expect(await reasonOf(aMessage({ headers: { fence: '4' } }))).toBe(
      'reject: the job token belongs to another attempt of the job',
    );
    expect(fetched).toBe(1);
  });

  const otherKey = generateKeyPairSync('ed25519').privateKey;
  const [head, , tail] = token.split('.');
  it.each([
    ['an expired token', aToken({ exp: nowMs / 1000 - 60 }), 'the job token has expired'],
    ['a token of the future', aToken({ iat: nowMs / 1000 + 60 }), 'the job token is not valid yet'],
    ["another build's token", aToken({ buildId: 'b2' }), 'the job token belongs to another job'],
    ["another project's token", aToken({ projectId: 'other' }), 'the job token belongs to another job'],
    ["another job's token", aToken({ jobId: 'j2' }), 'the job token belongs to another job'],
    ["another runner's token", aToken({ runnerId: 'r2' }), 'the job token belongs to another runner'],
    ['a token for somebody else', aToken({ aud: 'elsewhere' }), 'the claims of the job token are not those of a job'],
    ['a token without an end', aToken({ exp: undefined }), 'the claims of the job token are not those of a job'],
    ['a token signed by another key', aToken({}, undefined, otherKey), 'the signature of the job token is wrong'],
    [
      'a token with other claims than were signed',
      `${head}.${base64url({ ...rightClaims, buildId: 'b1' })}x.${tail}`,
      'the signature of the job token is wrong',
    ],
    [
      'a token without signature',
      `${base64url({ alg: 'none' })}.${base64url(rightClaims)}.`,
      'the job token is not signed by EdDSA',
    ],
    ['a symmetric token', aToken({}, { alg: 'HS256' }), 'the job token is not signed by EdDSA'],
    ['no JWS', 'Bearer nothing', 'the job token is not a compact JWS'],
    ['a megabyte', 'a.b.'.padEnd(1_000_000, 'c'), 'the job token is not a compact JWS'],
  ])('sends %s to the dead letters', async (_name, bad, reason) => {
    expect(await reasonOf(aMessage({ headers: { 'Cyclone-Job-Token': bad } }))).toBe(`reject: ${reason}`);
    expect(await store.attemptsOf(rightPlace.buildId)).toEqual([]);
  });

  it('asks later when the key cannot be had', async () => {
    fetchKey = () => Promise.reject(new Error('nobody answers'));
    expect(await reasonOf(aMessage())).toMatch(/^retry-after: .*nobody answers/);
    fetchKey = async () => ({ keyId: 'k1', publicKeyPem });
    expect(await reasonOf(aMessage())).toBe('taken');
  });

  it.each<[string, Parameters<typeof aMessage>[0], RegExp]>([
    ['a subject that names no step', { subject: 'cyclone.log.shop.b1' }, /names no step/],
    ['an id that is none', { subject: 'cyclone.log.shop.b1.j1.-' }, /names no step/],
    ['an unknown kind', { headers: { kind: 'poem' } }, /headers/],
    ['a sequence that is no number', { headers: { seq: 'one' } }, /headers/],
    ['a seal without a summary', { headers: { kind: 'seal' } }, /headers/],
    ['a summary that is no JSON', { headers: { kind: 'seal', summary: '{' } }, /headers/],
    ['no token', { headers: { 'Cyclone-Job-Token': '' } }, /Cyclone-Job-Token is missing/],
    ['a chunk that is too large', { text: 'x'.repeat(65_537) }, /65537 bytes/],
    [
      'a seal with bytes',
      { headers: { kind: 'seal', summary: '{"bytes":1,"lines":0,"crc32":0,"truncated":false}' } },
      /carries no bytes/,
    ],
  ])('sends %s to the dead letters', async (_name, changes, reason) => {
    expect(await reasonOf(aMessage(changes))).toMatch(reason);
  });

  it('takes the good ones of a batch with bad ones', async () => {
    const outcomes = await ingest.handle([aMessage({ headers: { kind: 'poem' } }), aMessage()]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['reject', 'done']);
  });

  it("keeps a job from writing another job's log", async () => {
    await ingest.handle([aMessage()]);
    const intruder = aMessage({
      subject: 'cyclone.log.shop.b1.j2.s1',
      headers: { fence: '9', 'Cyclone-Job-Token': aToken({ jobId: 'j2', fence: 9 }) },
    });
    expect(await reasonOf(intruder)).toBe('reject: the log of step s1 belongs to job j1');
  });
});

const rightPlace = {
  buildId: LogConfirmation.shape.buildId.parse('b1'),
  stepId: LogConfirmation.shape.stepId.parse('s1'),
};
