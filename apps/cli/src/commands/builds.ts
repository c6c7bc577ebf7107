import { BuildId, ProjectId, routes, type BuildView } from '@cyclone/contracts';
import { formatProblem } from '@cyclone/pipeline-language';
import type { Command } from 'commander';
import { describeBuild } from '../output/log-printer.js';
import { printable } from '../output/printable.js';
import { formatTable } from '../output/table.js';
import { formatDuration, paint, type Terminal } from '../output/terminal.js';
import { parsedBy, wholeNumber } from './arguments.js';
import { connect, show, type CommandContext, type ServerFlags } from './command-context.js';
import { printLog } from './logs.js';
import { withServerFlags } from './server-flags.js';

export function addBuildCommands(program: Command, context: CommandContext): void {
  const builds = program.command('builds').summary('list, start, watch, cancel and re-run builds').alias('build');
  addList(builds, context);
  addShow(builds, context);
  addStart(builds, context);
  addCancel(builds, context);
  addRerun(builds, context);
}

function addList(builds: Command, context: CommandContext): void {
  withServerFlags(builds.command('ls').summary('newest first'))
    .option('--project <id>', 'only this project', parsedBy(ProjectId))
    .option('--limit <number>', 'at most so many', wholeNumber(1, 200), 20)
    .action(async (flags: ServerFlags & { project?: ProjectId; limit: number }) => {
      const client = await connect(context, flags);
      const page = await client.call(routes.listBuilds, { query: { limit: flags.limit, project: flags.project } });
      show(context, flags, page.items, (items) =>
        formatTable(
          ['BUILD', 'PROJECT', '#', 'STATE', 'REF', 'COMMIT', 'TOOK', 'MESSAGE'],
          items.map((build) => [
            build.id,
            build.projectId,
            String(build.number),
            build.outcome ?? build.status,
            (build.ref ?? '').replace(/^refs\/(heads|tags)\//, ''),
            (build.sha ?? '').slice(0, 10),
            build.finishedAt === undefined ? '' : formatDuration(build.finishedAt - build.requestedAt),
            build.message.split('\n')[0]?.slice(0, 60) ?? '',
          ]),
        ),
      );
    });
}

function addShow(builds: Command, context: CommandContext): void {
  withServerFlags(
    builds.command('show').summary('jobs, steps, images, problems').argument('<build>', 'its id', parsedBy(BuildId)),
  )
    .option('--at <moment>', 'as it was: a position in the feed, or a time like 2026-01-31T12:00:00Z')
    .action(async (buildId: BuildId, flags: ServerFlags & { at?: string }) => {
      const client = await connect(context, flags);
      const build = await client.call(routes.getBuild, {
        params: { buildId },
        query: { at: flags.at },
      });
      show(context, flags, build, (view) => formatBuild(context.out, view));
    });
}

function addStart(builds: Command, context: CommandContext): void {
  withServerFlags(
    builds
      .command('start')
      .summary('build a branch, tag or commit by hand')
      .argument('<project>', 'its id', parsedBy(ProjectId)),
  )
    .option('--ref <ref>', 'branch, tag or commit', 'main')
    .option('--follow', 'show the log, and end with the outcome of the build')
    .action(async (projectId: ProjectId, flags: ServerFlags & { ref: string; follow?: boolean }) => {
      const client = await connect(context, flags);
      const build = await client.call(routes.startBuild, {
        params: { projectId },
        body: { ref: flags.ref },
      });
      if (flags.follow === true) return printLog(context, client, build.id, { json: flags.output === 'json' });
      show(context, flags, build, (view) => `${view.id}  build #${view.number} of ${view.projectId} is requested`);
    });
}

function addCancel(builds: Command, context: CommandContext): void {
  withServerFlags(builds.command('cancel').summary('stop it').argument('<build>', 'its id', parsedBy(BuildId)))
    .option('--reason <text>', 'told to everybody who looks')
    .action(async (buildId: BuildId, flags: ServerFlags & { reason?: string }) => {
      const client = await connect(context, flags);
      const body = flags.reason === undefined ? {} : { reason: flags.reason };
      const build = await client.call(routes.cancelBuild, { params: { buildId }, body });
      show(context, flags, build, (view) => describeBuild(context.out, view));
    });
}

function addRerun(builds: Command, context: CommandContext): void {
  withServerFlags(
    builds.command('rerun').summary('build the same commit again').argument('<build>', 'its id', parsedBy(BuildId)),
  )
    .option('--follow', 'show the log, and end with the outcome of the build')
    .action(async (buildId: BuildId, flags: ServerFlags & { follow?: boolean }) => {
      const client = await connect(context, flags);
      const build = await client.call(routes.rerunBuild, { params: { buildId } });
      if (flags.follow === true) return printLog(context, client, build.id, { json: flags.output === 'json' });
      show(context, flags, build, (view) => `${view.id}  build #${view.number} of ${view.projectId} is requested`);
    });
}

function formatBuild(terminal: Terminal, build: BuildView): string {
  const lines = [
    describeBuild(terminal, build),
    printable(`  ${build.repositoryUrl} ${build.ref ?? ''} ${build.sha ?? ''}`),
  ];
  for (const problem of build.problems) lines.push(formatProblem(problem, { colour: terminal.colours }));
  for (const job of build.jobs) {
    lines.push(
      `  ${paint(terminal, 'bold', job.name)}  ${job.outcome ?? job.status}${job.runnerName === undefined ? '' : ` on ${job.runnerName}`}`,
    );
    for (const step of job.steps) {
      const took =
        step.startedAt === undefined || step.endedAt === undefined
          ? ''
          : `  ${formatDuration(step.endedAt - step.startedAt)}`;
      lines.push(`    ${step.stage.padEnd(11)} ${step.name}  ${step.outcome ?? step.status}${took}`);
    }
  }
  for (const image of build.images) lines.push(`  image ${image.repository}@${image.digest} ${image.tags.join(', ')}`);
  return lines.join('\n');
}
