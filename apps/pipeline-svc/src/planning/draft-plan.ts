import { createHash } from 'node:crypto';
import type { BuildPlanned, BuildRejected, Digest, FileProblem, Plan, PlannedJobSummary } from '@cyclone/contracts';
import { compilePipelineFile, defaultPlan, type CompileContext, type CompileResult } from '@cyclone/pipeline-language';
import type { z } from 'zod';
import { secretsNamedBy } from './named-secrets.js';
import type { SourceSnapshot } from './source-reader.js';

export type PlannedData = z.infer<(typeof BuildPlanned)['schema']>;
export type RejectedData = z.infer<(typeof BuildRejected)['schema']>;

export type Draft =
  | { readonly kind: 'planned'; readonly plan: Plan; readonly warnings: readonly FileProblem[] }
  | { readonly kind: 'rejected'; readonly rejection: RejectedData };

/**
 * What the pipeline file of a commit comes to; `namedFile` is the one that the project insists on, `secrets` are those
 * that the project has.
 */
export const draftPlan = (
  snapshot: SourceSnapshot,
  context: CompileContext,
  { namedFile, secrets }: { readonly namedFile: string | undefined; readonly secrets: readonly string[] },
): Draft => {
  const { file } = snapshot;
  if (file === undefined && namedFile !== undefined) {
    return rejected(
      'pipeline-file-missing',
      `the project names ${namedFile} as its pipeline file, and the commit has none`,
    );
  }
  const path = file?.path ?? 'Dockerfile';
  const compiled =
    file === undefined
      ? defaultPlan(context)
      : compilePipelineFile({ path: file.path, digest: digestOf(file.bytes), text: file.bytes, context });
  if (compiled.ok) {
    const missing = missingSecrets(compiled.plan, secrets, path);
    if (missing.length > 0)
      return rejected('secret-missing', `${path} names secrets that the project has not`, missing);
    return { kind: 'planned', plan: compiled.plan, warnings: [...compiled.warnings, ...skippedParts(compiled, path)] };
  }
  const problems = [...compiled.problems, ...skippedParts(compiled, path)];
  if (compiled.nothingToRun) {
    return rejected('nothing-to-run', `the conditions in ${path} leave nothing to run for this event`, problems);
  }
  const errors = compiled.problems.filter((problem) => problem.severity === 'error').length;
  return rejected('pipeline-file-invalid', `${path} has ${errors} error${errors === 1 ? '' : 's'}`, problems);
};

export const rejected = (
  code: string,
  message: string,
  problems: readonly FileProblem[] = [],
): Extract<Draft, { kind: 'rejected' }> => ({
  kind: 'rejected',
  rejection: { reason: { code, message: message.slice(0, 2000) }, problems: [...problems] },
});

/** Said before anything runs: a step that finds its password empty fails late, and in words of its own. */
const missingSecrets = (plan: Plan, secrets: readonly string[], file: string): FileProblem[] => {
  const named = new Set(plan.jobs.flatMap((job) => [...secretsNamedBy(job)]));
  return [...named]
    .filter((name) => !secrets.includes(name))
    .map((name) => ({
      severity: 'error',
      code: 'secret-missing',
      message: `the project has no secret ${name}`,
      file,
      hint: `set it with: cyclone projects set-secret PROJECT ${name} VALUE`,
    }));
};

/** A part that does not run is said aloud, never left out in silence. */
const skippedParts = (compiled: CompileResult, file: string): FileProblem[] =>
  compiled.skipped.map(({ step, reason }) => ({
    severity: 'warning',
    code: 'step-skipped',
    message: `${step} does not run: ${reason}`,
    file,
  }));

export const digestOf = (bytes: Uint8Array): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const summarizeJobs = (plan: Plan): PlannedJobSummary[] =>
  plan.jobs.map(({ id, name, needs, runWhen, labels, timeoutMs, steps }) => ({
    id,
    name,
    needs,
    runWhen,
    labels,
    timeoutMs,
    steps: steps.map((step) => ({
      id: step.id,
      name: step.name,
      stage: step.stage,
      kind: step.kind,
      needs: step.needs,
    })),
  }));
