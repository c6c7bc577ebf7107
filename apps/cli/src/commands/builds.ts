import { BuildId, ProjectId, routes, type BuildView } from '@cyclone/contracts';
import type { Command } from 'commander';
import { describeBuild } from '../output/log-printer.js';
import { formatTable } from '../output/table.js';
import { formatDuration, paint, type Terminal } from '../output/terminal.js';
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
    .option('--project <id>', 'only this project')
    .option('--limit <number>', 'at most so many', '20')
    .action(async (flags: ServerFlags & { project?: string; limit: string }) => {
      const client = await connect(context, flags);
      const project = flags.project === undefined ? {} : { project: ProjectId.parse(flags.project) };
      const page = await client.call(routes.listBuilds, { query: { limit: flags.limit, ...project } });
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
  withServerFlags(builds.command('show <build>').summary('jobs, steps, images, problems'))
    .option('--at <moment>', 'as it was: a position in the feed, or a time like 2026-01-31T12:00:00Z')
    .action(async (id: string, flags: ServerFlags & { at?: string }) => {
      const client = await connect(context, flags);
      const build = await client.call(routes.getBuild, {
        params: { buildId: BuildId.parse(id) },
        query: { at: flags.at },
      });
      show(context, flags, build, (view) => formatBuild(context.out, view));
    });
}

function addStart(builds: Command, context: CommandContext): void {
  withServerFlags(builds.command('start <project>').summary('build a branch, tag or commit by hand'))
    .option('--ref <ref>', 'branch, tag or commit', 'main')
    .option('--follow', 'show the log, and end with the outcome of the build')
    .action(async (project: string, flags: ServerFlags & { ref: string; follow?: boolean }) => {
      const client = await connect(context, flags);
      const build = await client.call(routes.startBuild, {
        params: { projectId: ProjectId.parse(project) },
        body: { ref: flags.ref },
      });
      if (flags.follow === true) return printLog(context, client, build.id, {});
      show(context, flags, build, (view) => `${view.id}  build #${view.number} of ${view.projectId} is requested`);
    });
}

function addCancel(builds: Command, context: CommandContext): void {
  withServerFlags(builds.command('cancel <build>').summary('stop it'))
    .option('--reason <text>', 'told to everybody who looks')
    .action(async (id: string, flags: ServerFlags & { reason?: string }) => {
      const client = await connect(context, flags);
      const body = flags.reason === undefined ? {} : { reason: flags.reason };
      const build = await client.call(routes.cancelBuild, { params: { buildId: BuildId.parse(id) }, body });
      show(context, flags, build, (view) => describeBuild(context.out, view));
    });
}

function addRerun(builds: Command, context: CommandContext): void {
  withServerFlags(builds.command('rerun <build>').summary('build the same commit again'))
    .option('--follow', 'show the log, and end with the outcome of the build')
    .action(async (id: string, flags: ServerFlags & { follow?: boolean }) => {
      const client = await connect(context, flags);
      const build = await client.call(routes.rerunBuild, { params: { buildId: BuildId.parse(id) } });
      if (flags.follow === true) return printLog(context, client, build.id, {});
      show(context, flags, build, (view) => `${view.id}  build #${view.number} of ${view.projectId} is requested`);
    });
}

function formatBuild(terminal: Terminal, build: BuildView): string {
  const lines = [describeBuild(terminal, build), `  ${build.repositoryUrl} ${build.ref ?? ''} ${build.sha ?? ''}`];
  for (const problem of build.problems) lines.push(`  ${problem.file}:${problem.line ?? 0}: ${problem.message}`);
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
