import type { TokenView } from '@cyclone/contracts';
import type { TokenState } from './token.js';

/** A token's row in the list: derived from its stream, and from nothing else. */
export const tokenViewOf = (state: TokenState): TokenView | undefined =>
  state.status === 'none'
    ? undefined
    : {
        id: state.tokenId,
        name: state.name,
        scope: state.scope,
        issuedAt: state.issuedAt,
        expiresAt: state.expiresAt,
        revokedAt: state.revokedAt,
      };
