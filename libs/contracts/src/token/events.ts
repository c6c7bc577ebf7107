import { z } from 'zod';
import { EpochMs } from '../envelope.js';
import { defineEvent, type EventOf } from '../event-definition.js';
import { Digest, ProjectId, TokenId } from '../ids.js';

export const Role = z.enum(['viewer', 'developer', 'releaser', 'owner', 'admin']);
export type Role = z.infer<typeof Role>;

/** What the bearer may do, and where; `*` is every project. */
export const TokenScope = z.object({
  role: Role,
  projects: z.union([z.literal('*'), z.array(ProjectId).min(1).max(100)]),
});
export type TokenScope = z.infer<typeof TokenScope>;

export const TokenIssued = defineEvent({
  type: 'TokenIssued',
  version: 1,
  stream: 'token',
  meaning: 'An access token was made; only its hash is kept.',
  schema: z.object({
    tokenId: TokenId,
    name: z.string().max(100),
    hash: Digest,
    scope: TokenScope,
    expiresAt: EpochMs,
  }),
});
export const TokenRevoked = defineEvent({
  type: 'TokenRevoked',
  version: 1,
  stream: 'token',
  meaning: 'The token opens nothing any more.',
  schema: z.object({ tokenId: TokenId, reason: z.string().max(500).optional() }),
});

export const tokenEvents = [TokenIssued, TokenRevoked] as const;
export type TokenEvent = EventOf<typeof tokenEvents>;
