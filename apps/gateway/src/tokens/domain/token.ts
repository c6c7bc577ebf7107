import type { Digest, EpochMs, TokenEvent, TokenId, TokenScope } from '@cyclone/contracts';
import { accept, acceptNothing, type Decider, reject, type Rejection } from '@cyclone/event-store';

export type TokenState =
  | { readonly status: 'none' }
  | {
      readonly status: 'issued' | 'revoked';
      readonly tokenId: TokenId;
      readonly name: string;
      readonly hash: Digest;
      readonly scope: TokenScope;
      readonly issuedAt: EpochMs;
      readonly expiresAt: EpochMs;
      readonly revokedAt?: EpochMs;
    };

export type TokenCommand =
  | {
      readonly type: 'IssueToken';
      readonly tokenId: TokenId;
      readonly name: string;
      readonly hash: Digest;
      readonly scope: TokenScope;
      readonly expiresAt: EpochMs;
    }
  | { readonly type: 'RevokeToken'; readonly tokenId: TokenId; readonly reason?: string };

export type TokenRejection = Rejection & { readonly code: 'token-exists' | 'token-not-found' | 'admin-of-some' };

export const tokenDecider: Decider<TokenState, TokenCommand, TokenEvent, TokenRejection> = {
  initialState: { status: 'none' },

  decide(command, state) {
    if (command.type === 'RevokeToken') {
      if (state.status === 'none') return reject({ code: 'token-not-found', message: 'there is no such token' });
      if (state.status === 'revoked') return acceptNothing;
      return accept({ type: 'TokenRevoked', data: { tokenId: command.tokenId, reason: command.reason } });
    }
    if (state.status !== 'none') return reject({ code: 'token-exists', message: 'this token id was given before' });
    if (command.scope.role === 'admin' && command.scope.projects !== '*') {
      return reject({
        code: 'admin-of-some',
        message: 'an administrator covers every project: use the role owner, or projects "*"',
      });
    }
    const { type: _, ...data } = command;
    return accept({ type: 'TokenIssued', data });
  },

  evolve(state, event) {
    switch (event.type) {
      case 'TokenIssued':
        return { status: 'issued', ...event.data, issuedAt: event.occurredAt };
      case 'TokenRevoked':
        return state.status === 'none' ? state : { ...state, status: 'revoked', revokedAt: event.occurredAt };
    }
  },
};

export const isUsable = (state: TokenState, now: EpochMs): boolean =>
  state.status === 'issued' && now < state.expiresAt;
