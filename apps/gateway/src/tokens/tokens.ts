import { randomBytes } from 'node:crypto';
import {
  type Actor,
  type CommandId,
  type EpochMs,
  installationTenant,
  type IssuedToken,
  TokenId,
  type TokenScope,
  type Trace,
} from '@cyclone/contracts';
import { type CommandHandler, createCommandHandler, type EventStore } from '@cyclone/event-store';
import type { z } from 'zod';
import type { Caller } from '../auth/caller.js';
import { hashSecret, parseTokenText, secretOpens, tokenText } from '../auth/token-text.js';
import { notFound, ProblemError } from '../http/problem-error.js';
import { isUsable, type TokenCommand, tokenDecider, type TokenRejection, type TokenState } from './domain/token.js';
import { tokenViewOf } from './domain/token-view.js';
import type { TokenLedger } from './token-ledger.js';

export interface Origin {
  readonly commandId: CommandId;
  readonly actor: Actor;
  readonly trace: Trace;
}

interface Remembered {
  readonly state: TokenState;
  readonly readAt: EpochMs;
}

/** A revocation reaches this process by the feed at once; should that be lost, by the cache's end. */
const rememberMs = 15_000;
const rememberedMax = 10_000;

/** Access tokens, each its own stream. Only hashes are kept; the stream decides, never a view. */
export class Tokens {
  private readonly handler: CommandHandler<TokenState, TokenCommand, TokenRejection>;
  private readonly remembered = new Map<TokenId, Remembered>();

  constructor(
    store: EventStore,
    private readonly ledger: TokenLedger,
    private readonly now: () => EpochMs,
  ) {
    this.handler = createCommandHandler({ store, kind: 'token', decider: tokenDecider });
  }

  async issue(
    wanted: { name: string; scope: TokenScope; expiresInMs: number; tokenId?: TokenId },
    origin: Origin,
  ): Promise<z.output<typeof IssuedToken>> {
    const tokenId = wanted.tokenId ?? TokenId.parse(randomBytes(9).toString('hex'));
    const secret = randomBytes(32).toString('base64url');
    const now = this.now();
    const handled = await this.handler.handle({
      id: tokenId,
      commandId: origin.commandId,
      actor: origin.actor,
      trace: origin.trace,
      tenant: installationTenant,
      occurredAt: now,
      command: {
        type: 'IssueToken',
        tokenId,
        name: wanted.name,
        scope: wanted.scope,
        hash: hashSecret(secret),
        expiresAt: now + wanted.expiresInMs,
      },
    });
    if (handled.kind === 'rejected') throw new ProblemError(422, handled.rejection.code, handled.rejection.message);
    const view = tokenViewOf(handled.state);
    if (view === undefined) throw new Error(`token ${tokenId} was issued and is not there`);
    await this.ledger.save(view);
    return { ...view, token: tokenText(tokenId, secret) };
  }

  async revoke(tokenId: TokenId, origin: Origin): Promise<void> {
    const handled = await this.handler.handle({
      id: tokenId,
      commandId: origin.commandId,
      actor: origin.actor,
      trace: origin.trace,
      tenant: installationTenant,
      occurredAt: this.now(),
      command: { type: 'RevokeToken', tokenId },
    });
    if (handled.kind === 'rejected') throw notFound('token');
    this.forget(tokenId);
    const view = tokenViewOf(handled.state);
    if (view !== undefined) await this.ledger.save(view);
  }

  /** Who holds this text; undefined for anything that opens nothing. */
  async open(text: string): Promise<Caller | undefined> {
    const parsed = parseTokenText(text);
    if (parsed === undefined) return undefined;
    const state = await this.read(parsed.tokenId);
    return state.status !== 'none' && secretOpens(parsed.secret, state.hash) ? this.callerOf(state) : undefined;
  }

  /** For what was opened before: the caller as they are now, undefined once the token has ended. */
  async callerNow(tokenId: TokenId): Promise<Caller | undefined> {
    return this.callerOf(await this.read(tokenId));
  }

  forget(tokenId: TokenId): void {
    this.remembered.delete(tokenId);
  }

  /** The stream folded into its row of the list; called for every event of a token, by whichever process hears of it. */
  async project(tokenId: TokenId): Promise<void> {
    const view = tokenViewOf((await this.handler.load(tokenId)).state);
    if (view !== undefined) await this.ledger.save(view);
  }

  private async read(tokenId: TokenId): Promise<TokenState> {
    const known = this.remembered.get(tokenId);
    if (known !== undefined && this.now() - known.readAt < rememberMs) return known.state;
    const readAt = this.now();
    const { state } = await this.handler.load(tokenId);
    // Guessed ids are not remembered: they would push out the real ones.
    if (state.status !== 'none') {
      this.remembered.set(tokenId, { state, readAt });
      if (this.remembered.size > rememberedMax) this.remembered.clear();
    }
    return state;
  }

  private callerOf(state: TokenState): Caller | undefined {
    if (state.status === 'none' || !isUsable(state, this.now())) return undefined;
    return { tokenId: state.tokenId, name: state.name, scope: state.scope, expiresAt: state.expiresAt };
  }
}
