import { CommandId, routes, type Routes } from '@cyclone/contracts';
import { Controller, Inject } from '@nestjs/common';
import { Authenticator } from '../../auth/authenticator.js';
import type { TokenLedger } from '../../tokens/token-ledger.js';
import { Tokens } from '../../tokens/tokens.js';
import type { Answer, Call } from '../call.js';
import { commandOf } from '../command.js';
import { Handles } from '../handles.js';
import { TOKEN_LEDGER } from '../tokens.di.js';

@Controller()
export class TokensController {
  constructor(
    @Inject(Tokens) private readonly tokens: Tokens,
    @Inject(TOKEN_LEDGER) private readonly ledger: TokenLedger,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
  ) {}

  @Handles(routes.issueToken)
  async issue(call: Call<Routes['issueToken']>): Promise<Answer<Routes['issueToken']>> {
    const issued = await this.tokens.issue(call.body, {
      ...commandOf(call),
      commandId: CommandId.parse(call.commandId),
    });
    return { body: issued, headers: { Location: `/api/v1/tokens/${issued.id}` } };
  }

  @Handles(routes.listTokens)
  async list(call: Call<Routes['listTokens']>): Promise<Answer<Routes['listTokens']>> {
    return { body: await this.ledger.list(call.query) };
  }

  @Handles(routes.revokeToken)
  async revoke(call: Call<Routes['revokeToken']>): Promise<Answer<Routes['revokeToken']>> {
    await this.tokens.revoke(call.params.tokenId, { ...commandOf(call), commandId: CommandId.parse(call.commandId) });
    this.authenticator.end(call.params.tokenId);
    return {};
  }

  @Handles(routes.makeTicket)
  async ticket(call: Call<Routes['makeTicket']>): Promise<Answer<Routes['makeTicket']>> {
    return { body: await this.authenticator.makeTicket(call.caller) };
  }
}
