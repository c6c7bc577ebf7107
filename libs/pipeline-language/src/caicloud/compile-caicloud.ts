import type { CompileInput, CompileResult, SkippedPart } from '../compile-context.js';
import type { SourceNode } from '../parse/source-node.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { sealPlan } from '../plan/plan-draft.js';
import { checkFile } from './check-file.js';
import { CaicloudEmitter } from './emit-job.js';
import { fileShape } from './file-shape.js';

/** `caicloud.yml` as of 2016, with its defects taken out: nothing is skipped or dropped in silence. */
export function compileCaicloud(root: SourceNode, input: CompileInput, report: ProblemReport): CompileResult {
  const { context } = input;
  const failed = (skipped: SkippedPart[] = [], nothingToRun = false): CompileResult => ({
    ok: false,
    problems: report.problems(),
    nothingToRun,
    skipped,
  });
  const file = fileShape.read(root, 'the file', report);
  if (file === undefined) return failed();
  checkFile(file, context, report);
  if (report.failed) return failed();

  const skipped: SkippedPart[] = [];
  const job = new CaicloudEmitter(file, context, report, skipped).job();
  if (job.steps.length === 1) {
    report.error(
      'nothing-to-run',
      { start: 0, end: 1 },
      'no section of this file runs for this event',
      skipped.at(-1)?.reason,
    );
    return failed(skipped, true);
  }
  const source = { path: input.path, digest: input.digest, format: 'caicloud-2016' as const };
  const plan = sealPlan({ version: 1, source, timeoutMs: job.timeoutMs, jobs: [job] }, report);
  return plan === undefined ? failed(skipped) : { ok: true, plan, warnings: report.problems(), skipped };
}
