import type { CompileContext, CompileInput, CompileResult, SkippedPart } from '../compile-context.js';
import type { SourceNode } from '../parse/source-node.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { sealPlan } from '../plan/plan-draft.js';
import { checkFile } from './check-steps.js';
import { JobEmitter } from './emit-job.js';
import { fileShape, type FileContent } from './file-shape.js';
import { findBuild, imageUseOf, resolveGraph } from './resolve-graph.js';
import { selectSteps } from './select-steps.js';

/** `cyclone.yaml`: shape, then rules, then graph, each as far as it can be told; a plan only when nothing is wrong. */
export function compileNative(root: SourceNode, input: CompileInput, report: ProblemReport): CompileResult {
  const { context } = input;
  const failed = (skipped: SkippedPart[] = [], nothingToRun = false): CompileResult => ({
    ok: false,
    problems: report.problems(),
    nothingToRun,
    skipped,
  });
  const file = fileShape.read(root, 'the file', report);
  if (file === undefined) return failed();
  checkFile(file, report);
  const graph = resolveGraph(file.steps ?? [], report);
  checkServiceImages(file, report);
  checkTimeouts(file, context, report);
  if (report.failed || graph === undefined) return failed();

  const selection = selectSteps(file, graph, context);
  if (selection.kept.length === 0) {
    report.error(
      'nothing-to-run',
      file.place.keySpan('steps'),
      'no step of this file runs for this event',
      selection.skipped[0]?.reason,
    );
    return failed(selection.skipped, true);
  }
  const skipped = [...selection.skipped];
  const job = new JobEmitter(file, graph, selection, context, report, skipped).job();
  const source = { path: input.path, digest: input.digest, format: 'cyclone' as const };
  const plan = report.failed
    ? undefined
    : sealPlan({ version: 1, source, timeoutMs: job.timeoutMs, jobs: [job] }, report);
  return plan === undefined ? failed(skipped) : { ok: true, plan, warnings: report.problems(), skipped };
}

function checkServiceImages(file: FileContent, report: ProblemReport): void {
  const steps = file.steps ?? [];
  const indices = new Map(steps.map((step, index) => [step.name, index]));
  for (const service of file.services ?? []) {
    const use = imageUseOf(service);
    if (use !== undefined) findBuild(use, steps, indices, report);
  }
}

function checkTimeouts(file: FileContent, context: CompileContext, report: ProblemReport): void {
  for (const { value } of [{ value: file }, ...(file.steps ?? [])]) {
    if (value.timeout === undefined || value.timeout <= context.timeoutMs) continue;
    report.warning(
      'timeout-lowered',
      value.place.keySpan('timeout'),
      `a build of this project ends after ${context.timeoutMs / 60_000} minutes, so this is lowered to that`,
    );
  }
}
