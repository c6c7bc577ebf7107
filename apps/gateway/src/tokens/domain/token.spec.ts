import { describe, expect, it } from '@jest/globals';
import { type TokenEvent, TokenId } from '@cyclone/contracts';
import { deciderSpec } from '@cyclone/event-store/testing';
import { isUsable, type TokenCommand, tokenDecider } from './token.js';

const tokenId = TokenId.parse('t1');
const data = {
  tokenId,
  name: 'ci',
  hash: `sha256:${'a'.repeat(64)}`,
  scope: { role: 'viewer' as const, projects: '*' as const },
  expiresAt: 100,
};
const issue: TokenCommand = { type: 'IssueToken', ...data };
const issued: TokenEvent = { type: 'TokenIssued', data };
const revoked: TokenEvent = { type: 'TokenRevoked', data: { tokenId, reason: undefined } };
const { given } = deciderSpec(tokenDecider);

describe('a token', () => {
  it('is issued once', () => {
    given().when(issue).then(issued);
    given(issued).when(issue).thenRejected('token-exists');
  });
  it('of an administrator covers everything', () => {
    given()
      .when({ ...issue, scope: { role: 'admin', projects: ['shop' as never] } })
      .thenRejected('admin-of-some');
  });
  it('is revoked once', () => {
    given(issued).when({ type: 'RevokeToken', tokenId }).then(revoked);
    given(issued, revoked).when({ type: 'RevokeToken', tokenId }).thenNothing();
    given().when({ type: 'RevokeToken', tokenId }).thenRejected('token-not-found');
  });
  it('opens until it expires or is revoked', () => {
    const at = { streamVersion: 1, occurredAt: 1 };
    const state = tokenDecider.evolve(tokenDecider.initialState, { ...issued, ...at });
    expect([isUsable(state, 99), isUsable(state, 100)]).toEqual([true, false]);
    expect(isUsable(tokenDecider.evolve(state, { ...revoked, ...at }), 2)).toBe(false);
  });
});
