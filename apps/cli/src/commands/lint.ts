import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Digest, type FileProblem } from '@cyclone/contracts';
import { compilePipelineFile, formatProblem, wellKnownPaths, type CompileContext } from '@cyclone/pipeline-language';
import { Option, type Command } from 'commander';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { paint } from '../output/terminal.js';
import type { CommandContext } from './command-context.js';

const events = ['push', 'tag', 'pull_request', 'manual'] as const;

interface LintFlags {
  readonly output: 'text' | 'json';
  readonly event: (typeof events)[number];
  readonly branch: string;
}

export function addLintCommand(program: Command, context: CommandContext): void {
  program
    .command('lint [file]')
    .summary('check a pipeline file: every problem at once, with its place')
    .description(`Compiles the file as a build of the given event would. Without a name: ${wellKnownPaths.join(', ')}.`)
    .addOption(new Option('--output <format>', 'how to print problems').choices(['text', 'json']).default('text'))
    .addOption(new Option('--event <event>', 'for which event').choices([...events]).default('push'))
    .option('--branch <name>', 'for which branch', 'main')
    .action(async (file: string | undefined, flags: LintFlags) => {
      const path = file ?? (await findPipelineFile());
      const text = await read(path);
      const digest = Digest.parse(`sha256:${createHash('sha256').update(text).digest('hex')}`);
      const result = compilePipelineFile({ path, digest, text, context: contextOf(flags) });
      const problems = result.ok ? result.warnings : result.problems;
      report(context, flags, path, problems);
      if (!result.ok && !result.nothingToRun) process.exitCode = exitCodes.failed;
    });
}

function report(context: CommandContext, flags: LintFlags, path: string, problems: readonly FileProblem[]): void {
  if (flags.output === 'json') return context.out.line(JSON.stringify({ file: path, problems }, null, 2));
  for (const problem of problems) context.out.line(`${formatProblem(problem, { colour: context.out.colours })}\n`);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors === 0) context.out.line(`${paint(context.out, 'green', '✔')} ${path} is a good pipeline file`);
  else context.out.line(`${paint(context.out, 'red', '✘')} ${path}: ${errors === 1 ? '1 error' : `${errors} errors`}`);
}

/** No commit is looked at: names stand for it. */
function contextOf({ event, branch }: LintFlags): CompileContext {
  const common = {
    event,
    sha: '0'.repeat(40),
    projectId: 'lint',
    imageRepository: 'registry.invalid/lint',
    trust: 'trusted' as const,
    timeoutMs: 7_200_000,
  };
  if (event === 'tag') return { ...common, ref: 'refs/tags/v1', tag: 'v1', versionName: 'tag_v1' };
  if (event === 'pull_request') return { ...common, ref: 'refs/pull/1/head', baseBranch: branch, versionName: 'pr_1' };
  return { ...common, ref: `refs/heads/${branch}`, branch, versionName: 'ci_lint' };
}

async function findPipelineFile(): Promise<string> {
  for (const path of wellKnownPaths) {
    const present = await access(path).then(
      () => true,
      () => false,
    );
    if (present) return path;
  }
  throw new CommandFailure(`no pipeline file here: looked for ${wellKnownPaths.join(', ')}`, exitCodes.usage);
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CommandFailure(
      `${basename(path)} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      exitCodes.usage,
    );
  }
}
