import { beforeEach, describe, expect, it } from '@jest/globals';
import { CommandId } from '@cyclone/contracts';
import { MemoryEventStore } from '@cyclone/event-store/memory';
import { silentLogger } from '@cyclone/observability';
import { type Cache, CacheUnavailableError } from '../cache/cache.js';
import { InProcessCache } from '../cache/in-process.cache.js';
import { memoryTokenLedger } from '../store/memory-ledgers.js';
import { ensureAdministrator } from '../tokens/first-token.js';
import { Tokens } from '../tokens/tokens.js';
import { Authenticator } from './authenticator.js';
import { createRateLimit } from './rate-limit.js';

const isAway = (): Promise<never> => Promise.reject(new CacheUnavailableError('away'));
const awayCache: Cache = { count: isAway, peek: isAway, put: isAway, take: isAway, close: () => Promise.resolve() };
const origin = {
  commandId: CommandId.parse('c1'),
  actor: { kind: 'system' as const, id: 'test' },
  trace: { correlationId: 'x' },
};

let now = 1_000;
let store: MemoryEventStore;
let tokens: Tokens;
const authenticator = (cache: Cache) =>
  new Authenticator(
    tokens,
    createRateLimit({ cache, failuresMax: 3, windowMs: 60_000, logger: silentLogger }),
    cache,
    () => now,
  );
const issue = async () =>
  (await tokens.issue({ name: 'ci', scope: { role: 'viewer', projects: '*' }, expiresInMs: 60_000 }, origin)).token;

beforeEach(() => {
  now = 1_000;
  store = new MemoryEventStore();
  tokens = new Tokens(store, memoryTokenLedger(), () => now);
});

describe('failed attempts', () => {
  it('send an address away, and no other one', async () => {
    const doors = authenticator(new InProcessCache(() => now));
    const token = await issue();
    for (let tried = 0; tried < 3; tried += 1)
      await expect(doors.fromHeader('Bearer wrong', 'a')).rejects.toMatchObject({ problem: { status: 401 } });
    await expect(doors.fromHeader(`Bearer ${token}`, 'a')).rejects.toMatchObject({ problem: { status: 429 } });
    expect(await doors.fromHeader(`Bearer ${token}`, 'b')).toMatchObject({ name: 'ci' });
    now += 60_000;
    await expect(doors.fromHeader('Bearer wrong', 'a')).rejects.toMatchObject({ problem: { status: 401 } });
  });
  it('are not counted while the cache is away, and tokens still open', async () => {
    const doors = authenticator(awayCache);
    for (let tried = 0; tried < 5; tried += 1)
      await expect(doors.fromHeader('Bearer wrong', 'a')).rejects.toMatchObject({ problem: { status: 401 } });
    expect(await doors.fromHeader(`Bearer ${await issue()}`, 'a')).toMatchObject({ name: 'ci' });
  });
});

describe('a ticket', () => {
  it('opens once, within 30 seconds, and only while its token does', async () => {
    const doors = authenticator(new InProcessCache(() => now));
    const caller = await doors.fromHeader(`Bearer ${await issue()}`, 'a');
    const [used, late, ended] = [
      await doors.makeTicket(caller),
      await doors.makeTicket(caller),
      await doors.makeTicket(caller),
    ];
    expect(await doors.fromTicket(used.ticket, 'a')).toMatchObject({ tokenId: caller.tokenId });
    await expect(doors.fromTicket(used.ticket, 'a')).rejects.toMatchObject({ problem: { status: 401 } });
    await tokens.revoke(caller.tokenId, { ...origin, commandId: CommandId.parse('c2') });
    await expect(doors.fromTicket(ended.ticket, 'a')).rejects.toMatchObject({ problem: { status: 401 } });
    now += 30_000;
    await expect(doors.fromTicket(late.ticket, 'b')).rejects.toMatchObject({ problem: { status: 401 } });
  });
  it('opens nothing while the cache is away', async () => {
    await expect(authenticator(awayCache).fromTicket('x', 'a')).rejects.toMatchObject({ problem: { status: 503 } });
  });
});

describe('the first token', () => {
  it('is made once by however many gateways start at once', async () => {
    const ledger = memoryTokenLedger();
    const gateways = Array.from({ length: 5 }, () => new Tokens(store, ledger, () => now));
    const made = await Promise.all(gateways.map((gateway) => ensureAdministrator(gateway, ledger, () => now)));
    expect(made.filter((token) => token !== undefined)).toHaveLength(1);
    expect(await ensureAdministrator(tokens, ledger, () => now)).toBeUndefined();
  });
  it('is made anew when no usable administrator is left', async () => {
    const ledger = memoryTokenLedger();
    expect(await ensureAdministrator(tokens, ledger, () => now)).toContain('cyc_admin1_');
    now += 366 * 86_400_000;
    expect(await ensureAdministrator(tokens, ledger, () => now)).toContain('cyc_admin2_');
  });
  it('is found in the streams when the list of tokens was lost', async () => {
    await ensureAdministrator(tokens, memoryTokenLedger(), () => now);
    const rebuilt = memoryTokenLedger();
    expect(await ensureAdministrator(new Tokens(store, rebuilt, () => now), rebuilt, () => now)).toBeUndefined();
  });
});
