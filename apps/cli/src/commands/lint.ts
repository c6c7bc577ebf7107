import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { Digest, type FileProblem } from '@cyclone/contracts';
import {
  compilePipelineFile,
  describeEvent,
  formatProblem,
  wellKnownPaths,
  type CompileContext,
  type CompileResult,
  type SkippedPart,
} from '@cyclone/pipeline-language';
import { Option, type Command } from 'commander';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { explainFailure } from '../failures.js';
import { paint } from '../output/terminal.js';
import type { CommandContext } from './command-context.js';

const events = ['push', 'tag', 'pull_request', 'manual'] as const;

interface LintFlags {
  readonly output: 'text' | 'json';
  readonly event: (typeof events)[number];
  readonly branch: string;
  readonly as: string;
}

interface Checked {
  readonly path: string;
  readonly problems: readonly FileProblem[];
  /** What does not run for this event. */
  readonly skipped: readonly SkippedPart[];
  /** A good file, whose conditions leave nothing for this event. */
  readonly nothingToRun: boolean;
}

export function addLintCommand(program: Command, context: CommandContext): void {
  program
    .command('lint [file]')
    .summary('check a pipeline file: every problem at once, with its place')
    .description(
      `Compiles the file (- is stdin) as a build of the given event would. Without a name: ${wellKnownPaths.join(', ')}.\n` +
        'Ends with 1 when the file has errors; warnings alone are well.',
    )
    .addOption(new Option('--output <format>', 'how to print problems').choices(['text', 'json']).default('text'))
    .addOption(new Option('--event <event>', 'for which event').choices([...events]).default('push'))
    .option('--branch <name>', 'for which branch', 'main')
    .option('--as <name>', 'which file stdin stands for', 'cyclone.yaml')
    .addHelpText(
      'after',
      `
Examples:
  cyclone lint                              the file that a build would find
  cyclone lint cyclone.yaml --event tag     what a tag would run
  git show main:cyclone.yaml | cyclone lint - --output json`,
    )
    .action(async (file: string | undefined, flags: LintFlags) => {
      const path = file === '-' ? flags.as : (file ?? (await findPipelineFile()));
      const text = file === '-' ? await context.readStdin() : await read(path);
      const digest = Digest.parse(`sha256:${createHash('sha256').update(text).digest('hex')}`);
      const build = contextOf(flags);
      const result = compilePipelineFile({ path, digest, text, context: build });
      const checked = { path, problems: problemsOf(result), skipped: result.skipped, nothingToRun: isIdle(result) };
      report(context, flags, build, checked);
      if (countErrors(checked.problems) > 0) context.endWith(exitCodes.failed);
    });
}

const isIdle = (result: CompileResult): boolean => !result.ok && result.nothingToRun;

/** That nothing runs refuses a build, but is no mistake of the file. */
function problemsOf(result: CompileResult): readonly FileProblem[] {
  if (result.ok) return result.warnings;
  return result.nothingToRun ? result.problems.filter(({ severity }) => severity === 'warning') : result.problems;
}

const countErrors = (problems: readonly FileProblem[]): number =>
  problems.filter(({ severity }) => severity === 'error').length;

function report(
  { out }: CommandContext,
  flags: LintFlags,
  build: CompileContext,
  { path, problems, skipped, nothingToRun }: Checked,
): void {
  if (flags.output === 'json')
    return out.line(JSON.stringify({ file: path, problems, skipped, nothingToRun }, null, 2));
  for (const problem of problems) out.line(`${formatProblem(problem, { colour: out.colours })}\n`);
  const errors = countErrors(problems);
  if (errors > 0)
    return out.line(`${paint(out, 'red', '✘')} ${path}: ${errors === 1 ? '1 error' : `${errors} errors`}`);
  for (const { step, reason } of skipped) out.line(`  ${describeEvent(build)} does not run ${step}: ${reason}`);
  const idle = nothingToRun ? `; nothing of it runs for ${describeEvent(build)}` : '';
  out.line(`${paint(out, 'green', '✔')} ${path} is a good pipeline file${idle}`);
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
    throw new CommandFailure(`${path} cannot be read: ${explainFailure(error)}`, exitCodes.usage);
  }
}
