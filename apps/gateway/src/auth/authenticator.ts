import { createHash, randomBytes } from 'node:crypto';
import { type EpochMs, type TokenId, TokenId as TokenIdSchema, ticketMsMax } from '@cyclone/contracts';
import { type Cache, CacheUnavailableError } from '../cache/cache.js';
import { ProblemError, unavailable } from '../http/problem-error.js';
import type { Tokens } from '../tokens/tokens.js';
import type { Caller } from './caller.js';
import type { RateLimit } from './rate-limit.js';

const refusal = (detail: string): ProblemError =>
  new ProblemError(401, 'not-authenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer realm="cyclone"' } });

const ticketKey = (ticket: string): string => `ticket:${createHash('sha256').update(ticket).digest('hex')}`;

/** Who calls: from a Bearer token, or from a ticket that such a token made. Nothing else is ever looked at. */
export class Authenticator {
  private readonly open = new Map<TokenId, Set<() => void>>();

  constructor(
    private readonly tokens: Tokens,
    private readonly limit: RateLimit,
    private readonly cache: Cache,
    private readonly now: () => EpochMs,
  ) {}

  async fromHeader(authorization: string | undefined, address: string): Promise<Caller> {
    if (authorization === undefined) throw refusal('send Authorization: Bearer <token>');
    await this.letThrough(address);
    const text = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1];
    const caller = text === undefined ? undefined : await this.tokens.open(text);
    if (caller === undefined) return this.fail(address, 'the token is not known, has expired or was revoked');
    return caller;
  }

  async makeTicket(caller: Caller): Promise<{ ticket: string; expiresAt: EpochMs }> {
    const ticket = randomBytes(32).toString('base64url');
    try {
      await this.cache.put(ticketKey(ticket), caller.tokenId, ticketMsMax);
    } catch (error) {
      throw unavailable('tickets cannot be kept just now', error);
    }
    return { ticket, expiresAt: this.now() + ticketMsMax };
  }

  /** Opens once. Without the cache it opens nothing. */
  async fromTicket(ticket: string, address: string): Promise<Caller> {
    await this.letThrough(address);
    const tokenId = await this.takeTicket(ticket);
    const caller = tokenId === undefined ? undefined : await this.callerNow(tokenId);
    return caller ?? this.fail(address, 'the ticket was used before, or its 30 seconds are over');
  }

  /** Called when a token ends while something is open with it; gives back how to stop listening. */
  onEnd(tokenId: TokenId, cut: () => void): () => void {
    const cuts = this.open.get(tokenId) ?? new Set();
    this.open.set(tokenId, cuts.add(cut));
    return () => {
      cuts.delete(cut);
      if (cuts.size === 0 && this.open.get(tokenId) === cuts) this.open.delete(tokenId);
    };
  }

  /** A token was revoked, here or elsewhere: nothing stays open with it. */
  end(tokenId: TokenId): void {
    this.tokens.forget(tokenId);
    for (const cut of [...(this.open.get(tokenId) ?? [])]) cut();
  }

  /** For what is open already: undefined once the token has ended. */
  callerNow(tokenId: TokenId): Promise<Caller | undefined> {
    return this.tokens.callerNow(tokenId);
  }

  private async takeTicket(ticket: string): Promise<TokenId | undefined> {
    try {
      return TokenIdSchema.safeParse(await this.cache.take(ticketKey(ticket))).data;
    } catch (error) {
      if (error instanceof CacheUnavailableError) throw unavailable('tickets cannot be checked just now', error);
      throw error;
    }
  }

  private async letThrough(address: string): Promise<void> {
    if (await this.limit.isExceeded(address)) {
      throw new ProblemError(429, 'too-many-failures', 'too many failed attempts from this address', {
        headers: { 'Retry-After': '60' },
      });
    }
  }

  private async fail(address: string, detail: string): Promise<never> {
    await this.limit.recordFailure(address);
    throw refusal(detail);
  }
}
