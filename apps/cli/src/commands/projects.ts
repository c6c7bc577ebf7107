import { ForgeKind, ProjectId, routes, SecretName, type ProjectView } from '@cyclone/contracts';
import { Option, type Command } from 'commander';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { formatTable } from '../output/table.js';
import { connect, show, type CommandContext, type ServerFlags } from './command-context.js';
import { readValue } from './read-value.js';
import { withServerFlags } from './server-flags.js';

interface CreateFlags extends ServerFlags {
  readonly repo: string;
  readonly forge: string;
  readonly image?: string;
  readonly mail?: string[];
  readonly mailWhen: 'always' | 'failure' | 'change';
  readonly forgeToken?: string;
  readonly clonePassword?: string;
  readonly cloneUsername?: string;
}

export function addProjectCommands(program: Command, context: CommandContext): void {
  const projects = program.command('projects').alias('project').summary('register repositories, and set their secrets');
  withServerFlags(projects.command('ls').summary('the projects that the token covers')).action(
    async (flags: ServerFlags) => {
      const client = await connect(context, flags);
      const page = await client.call(routes.listProjects, { query: { limit: 200 } });
      show(context, flags, page.items, (items) =>
        formatTable(
          ['PROJECT', 'FORGE', 'REPOSITORY'],
          items.map(({ id, settings }) => [id, settings.repository.forge, settings.repository.url]),
        ),
      );
    },
  );
  withServerFlags(projects.command('show <project>').summary('settings, secrets by name, webhook')).action(
    async (id: string, flags: ServerFlags) => {
      const client = await connect(context, flags);
      const project = await client.call(routes.getProject, { params: { projectId: ProjectId.parse(id) } });
      show(context, flags, project, formatProject);
    },
  );
  addCreate(projects, context);
  addDelete(projects, context);
  addSecret(projects, context);
}

function addCreate(projects: Command, context: CommandContext): void {
  withServerFlags(projects.command('create <project>').summary('register a repository'))
    .requiredOption('--repo <url>', 'where to clone from')
    .addOption(
      new Option('--forge <kind>', 'who sends the webhooks').choices([...ForgeKind.options]).default('generic'),
    )
    .option('--image <repository>', 'where images go when the pipeline file names no registry')
    .option('--mail <address...>', 'whom to write')
    .addOption(
      new Option('--mail-when <rule>', 'when to write').choices(['always', 'failure', 'change']).default('always'),
    )
    .option(
      '--forge-token <value>',
      'token of the forge: registers the webhook, reports commit status (@file reads a file)',
    )
    .option('--clone-username <name>', 'account for cloning')
    .option('--clone-password <value>', 'its password or token (@file reads a file)')
    .action(async (id: string, flags: CreateFlags) => {
      const client = await connect(context, flags);
      const credentials = {
        ...(flags.forgeToken === undefined ? {} : { forge: await readValue(flags.forgeToken) }),
        ...(flags.clonePassword === undefined ? {} : { clone: await readValue(flags.clonePassword) }),
      };
      const created = await client.call(routes.createProject, {
        body: {
          id: ProjectId.parse(id),
          name: id,
          repository: {
            url: flags.repo,
            forge: ForgeKind.parse(flags.forge),
            ...(flags.cloneUsername === undefined ? {} : { cloneUsername: flags.cloneUsername }),
          },
          ...(flags.image === undefined ? {} : { imageRepository: flags.image }),
          mail: flags.mail === undefined ? [] : [{ when: flags.mailWhen, recipients: flags.mail }],
          credentials,
        },
      });
      show(context, flags, created, ({ project, hook }) =>
        [
          `${project.id} is registered`,
          `  webhook   ${hook.url}`,
          ...(hook.secret === undefined ? [] : [`  secret    ${hook.secret}  (shown this once)`]),
          `  ${hook.outcome}: ${hook.message}`,
        ].join('\n'),
      );
    });
}

function addDelete(projects: Command, context: CommandContext): void {
  withServerFlags(projects.command('delete <project>').summary('take no more builds; history stays'))
    .option('--yes', 'do not ask')
    .action(async (id: string, flags: ServerFlags & { yes?: boolean }) => {
      if (flags.yes !== true) {
        throw new CommandFailure(`nothing was deleted: say --yes to delete ${id}`, exitCodes.usage);
      }
      const client = await connect(context, flags);
      await client.call(routes.deleteProject, { params: { projectId: ProjectId.parse(id) } });
      show(context, flags, { deleted: id }, () => `${id} is deleted`);
    });
}

function addSecret(projects: Command, context: CommandContext): void {
  withServerFlags(
    projects
      .command('set-secret <project> <name> <value>')
      .summary('give a secret a value (@file reads a file, - reads stdin)'),
  ).action(async (id: string, name: string, value: string, flags: ServerFlags) => {
    const client = await connect(context, flags);
    const params = { projectId: ProjectId.parse(id), name: SecretName.parse(name) };
    const set = await client.call(routes.setSecret, { params, body: { value: await readValue(value) } });
    show(context, flags, set, (reply) => `${name} is at version ${reply.version}`);
  });
  withServerFlags(projects.command('remove-secret <project> <name>').summary('give it to no further build')).action(
    async (id: string, name: string, flags: ServerFlags) => {
      const client = await connect(context, flags);
      await client.call(routes.removeSecret, {
        params: { projectId: ProjectId.parse(id), name: SecretName.parse(name) },
      });
      show(context, flags, { removed: name }, () => `${name} is removed`);
    },
  );
}

function formatProject({ id, settings, secrets, webhook }: ProjectView): string {
  return [
    `${id}  ${settings.name}`,
    `  repository  ${settings.repository.url} (${settings.repository.forge})`,
    `  images      ${settings.imageRepository ?? 'the pipeline file says'}`,
    `  mail        ${settings.mail.map((rule) => `${rule.when}: ${rule.recipients.join(', ')}`).join('; ') || 'nobody'}`,
    `  secrets     ${secrets.map(({ name, version }) => `${name} (version ${version})`).join(', ') || 'none'}`,
    `  webhook     ${webhook === undefined ? 'not registered' : `${webhook.outcome} ${webhook.message ?? ''}`}`,
  ].join('\n');
}
