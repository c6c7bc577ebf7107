import type { Actor, EpochMs, TokenId, TokenScope } from '@cyclone/contracts';

/** Who calls, as their token says and nothing else does. */
export interface Caller {
  readonly tokenId: TokenId;
  readonly name: string;
  readonly scope: TokenScope;
  readonly expiresAt: EpochMs;
}

export const actorOf = (caller: Caller): Actor => ({ kind: 'user', id: caller.tokenId, name: caller.name });
