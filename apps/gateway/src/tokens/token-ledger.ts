import type { TokenView } from '@cyclone/contracts';

/** The list of tokens, newest first: derived from their streams, and never what decides. `save` may repeat and come late; a revoked one stays so. */
export interface TokenLedger {
  save(view: TokenView): Promise<void>;
  list(page: { after?: string; limit: number }): Promise<{ items: TokenView[]; nextCursor?: string }>;
  hasAdministrator(now: number): Promise<boolean>;
}
