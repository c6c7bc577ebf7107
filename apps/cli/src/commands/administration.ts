import { ProjectId, Role, routes, TokenId } from '@cyclone/contracts';
import { Option, type Command } from 'commander';
import { formatTable } from '../output/table.js';
import { listParsedBy, parsedBy, wholeNumber } from './arguments.js';
import { connect, show, type CommandContext, type ServerFlags } from './command-context.js';
import { withServerFlags } from './server-flags.js';

const dayMs = 86_400_000;
const moment = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

export function addAdministrationCommands(program: Command, context: CommandContext): void {
  addDeliveries(program, context);
  addRunners(program, context);
  addTokens(program, context);
}

function addDeliveries(program: Command, context: CommandContext): void {
  withServerFlags(
    program
      .command('deliveries')
      .summary('webhooks taken in, and the verdict on each')
      .argument('<project>', 'its id', parsedBy(ProjectId)),
  ).action(async (projectId: ProjectId, flags: ServerFlags) => {
    const client = await connect(context, flags);
    const page = await client.call(routes.listDeliveries, { params: { projectId } });
    show(context, flags, page.items, (items) =>
      formatTable(
        ['RECEIVED', 'DELIVERY', 'FORGE', 'EVENT', 'VERDICT', ''],
        items.map(({ receivedAt, id: delivery, forge, kind, verdict }) => [
          moment(receivedAt),
          delivery,
          forge,
          kind,
          verdict?.kind ?? 'waiting',
          verdict === undefined ? '' : 'buildId' in verdict ? verdict.buildId : verdict.reason,
        ]),
      ),
    );
  });
}

function addRunners(program: Command, context: CommandContext): void {
  withServerFlags(program.command('runners').summary('who takes jobs, and how busy they are')).action(
    async (flags: ServerFlags) => {
      const client = await connect(context, flags);
      const list = await client.call(routes.listRunners, {});
      show(context, flags, list.items, (items) =>
        formatTable(
          ['RUNNER', 'POOL', 'EXECUTOR', 'STATE', 'FREE', 'SLOTS', 'LABELS', 'SEEN'],
          items.map((runner) => [
            runner.name,
            runner.pool,
            runner.executor,
            runner.online ? (runner.draining ? 'draining' : 'online') : 'offline',
            String(runner.freeSlots),
            String(runner.slots),
            Object.entries(runner.labels)
              .map(([key, value]) => `${key}=${value}`)
              .join(','),
            moment(runner.lastSeenAt),
          ]),
        ),
      );
    },
  );
}

interface TokenFlags extends ServerFlags {
  readonly role: string;
  readonly project?: ProjectId[];
  readonly days: number;
}

function addTokens(program: Command, context: CommandContext): void {
  const tokens = program.command('tokens').summary('make, list and revoke access tokens');
  withServerFlags(tokens.command('create <name>').summary('make one; it is shown this once'))
    .addHelpText(
      'after',
      '\nExamples:\n  cyclone tokens create laptop --role admin\n  cyclone tokens create ci --role developer --project shop --days 30',
    )
    .addOption(new Option('--role <role>', 'what it may do').choices([...Role.options]).default('viewer'))
    .option('--project <id...>', 'only these projects (default: all)', listParsedBy(ProjectId))
    .option('--days <number>', 'how long it lives', wholeNumber(1, 3_650), 90)
    .action(async (name: string, flags: TokenFlags) => {
      const client = await connect(context, flags);
      const projects =
        flags.project === undefined ? ('*' as const) : flags.project.map((id) => parsedBy(ProjectId)(id));
      const body = { name, scope: { role: Role.parse(flags.role), projects }, expiresInMs: flags.days * dayMs };
      const issued = await client.call(routes.issueToken, { body });
      show(context, flags, issued, ({ token, expiresAt }) => `${token}\n(shown this once; ends ${moment(expiresAt)})`);
    });
  withServerFlags(tokens.command('ls').summary('all tokens, without what opens them')).action(
    async (flags: ServerFlags) => {
      const client = await connect(context, flags);
      const page = await client.call(routes.listTokens, { query: { limit: 200 } });
      show(context, flags, page.items, (items) =>
        formatTable(
          ['TOKEN', 'NAME', 'ROLE', 'PROJECTS', 'ENDS', 'STATE'],
          items.map(({ id, name, scope, expiresAt, revokedAt }) => [
            id,
            name,
            scope.role,
            scope.projects === '*' ? 'all' : scope.projects.join(','),
            moment(expiresAt),
            revokedAt === undefined ? 'valid' : 'revoked',
          ]),
        ),
      );
    },
  );
  withServerFlags(
    tokens
      .command('revoke')
      .summary('it opens nothing any more')
      .argument('<token>', 'its id, as "tokens ls" shows it', parsedBy(TokenId)),
  ).action(async (tokenId: TokenId, flags: ServerFlags) => {
    const client = await connect(context, flags);
    await client.call(routes.revokeToken, { params: { tokenId } });
    show(context, flags, { revoked: tokenId }, () => `${tokenId} is revoked`);
  });
}
