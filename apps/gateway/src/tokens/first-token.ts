import { randomUUID } from 'node:crypto';
import { CommandId, TokenId } from '@cyclone/contracts';
import { ProblemError } from '../http/problem-error.js';
import type { TokenLedger } from './token-ledger.js';
import type { Tokens } from './tokens.js';

const yearMs = 365 * 86_400_000;
const attemptsMax = 100;

/**
 * An installation without a usable administrator's token gets one, shown once. Its id is counted up, so that of
 * several gateways that start together one makes it and the others find the stream there.
 */
export const ensureAdministrator = async (
  tokens: Tokens,
  ledger: TokenLedger,
  now: () => number,
): Promise<string | undefined> => {
  for (let count = 1; count <= attemptsMax; count += 1) {
    if (await ledger.hasAdministrator(now())) return undefined;
    const tokenId = TokenId.parse(`admin${count}`);
    await tokens.project(tokenId);
    if (await ledger.hasAdministrator(now())) return undefined;
    try {
      const issued = await tokens.issue(
        {
          tokenId,
          name: 'administrator, made at first start',
          scope: { role: 'admin', projects: '*' },
          expiresInMs: yearMs,
        },
        {
          commandId: CommandId.parse(`first-token:${tokenId}:${randomUUID()}`),
          actor: { kind: 'system', id: 'gateway' },
          trace: { correlationId: `first-token:${tokenId}` },
        },
      );
      return issued.token;
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'token-exists') throw error;
      // Another gateway was first: its token counts.
      await tokens.project(tokenId);
    }
  }
  return undefined;
};
