import { ForgeKind, ProjectId, routes, SecretName, type ProjectView } from '@cyclone/contracts';
import { Option, type Command } from 'commander';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { formatTable } from '../output/table.js';
import { parsedBy } from './arguments.js';
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
  withServerFlags(
    projects
      .command('show')
      .summary('settings, secrets by name, webhook')
      .argument('<project>', 'its id', parsedBy(ProjectId)),
  ).action(async (projectId: ProjectId, flags: ServerFlags) => {
    const client = await connect(context, flags);
    const project = await client.call(routes.getProject, { params: { projectId } });
    show(context, flags, project, formatProject);
  });
  addCreate(projects, context);
  addDelete(projects, context);
  addSecret(projects, context);
}

function addCreate(projects: Command, context: CommandContext): void {
  withServerFlags(
    projects
      .command('create')
      .summary('register a repository')
      .argument('<project>', 'the id it will have for ever: lower-case letters, digits and "-"', parsedBy(ProjectId)),
  )
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
    .action(async (projectId: ProjectId, flags: CreateFlags) => {
      const client = await connect(context, flags);
      const credentials = {
        ...(flags.forgeToken === undefined ? {} : { forge: await readValue(context, flags.forgeToken) }),
        ...(flags.clonePassword === undefined ? {} : { clone: await readValue(context, flags.clonePassword) }),
      };
      const created = await client.call(routes.createProject, {
        body: {
          id: projectId,
          name: projectId,
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
  withServerFlags(
    projects
      .command('delete')
      .summary('take no more builds; history stays')
      .argument('<project>', 'its id', parsedBy(ProjectId)),
  )
    .option('--yes', 'do not ask')
    .action(async (projectId: ProjectId, flags: ServerFlags & { yes?: boolean }) => {
      if (flags.yes !== true) {
        throw new CommandFailure(`nothing was deleted: say --yes to delete ${projectId}`, exitCodes.usage);
      }
      const client = await connect(context, flags);
      await client.call(routes.deleteProject, { params: { projectId } });
      show(context, flags, { deleted: projectId }, () => `${projectId} is deleted`);
    });
}

function addSecret(projects: Command, context: CommandContext): void {
  withServerFlags(
    projects
      .command('set-secret')
      .summary('give a secret a value')
      .argument('<project>', 'its id', parsedBy(ProjectId))
      .argument('<name>', 'as the pipeline file names it', parsedBy(SecretName))
      .argument('<value>', '@file reads a file, - reads stdin'),
  ).action(async (projectId: ProjectId, name: SecretName, value: string, flags: ServerFlags) => {
    const client = await connect(context, flags);
    const params = { projectId, name };
    const set = await client.call(routes.setSecret, { params, body: { value: await readValue(context, value) } });
    show(context, flags, set, (reply) => `${name} is at version ${reply.version}`);
  });
  withServerFlags(
    projects
      .command('remove-secret')
      .summary('give it to no further build')
      .argument('<project>', 'its id', parsedBy(ProjectId))
      .argument('<name>', 'of the secret', parsedBy(SecretName)),
  ).action(async (projectId: ProjectId, name: SecretName, flags: ServerFlags) => {
    const client = await connect(context, flags);
    await client.call(routes.removeSecret, {
      params: { projectId, name },
    });
    show(context, flags, { removed: name }, () => `${name} is removed`);
  });
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
