import type { CompileContext, CompileResult } from './compile-context.js';
import { publishesIn2016 } from './caicloud/operations.js';
import { ProblemReport } from './problems/problem-report.js';
import { SourceText } from './problems/source-text.js';
import {
  cloneStep,
  jobId,
  publishStep,
  repositoryFor,
  sealPlan,
  workspacePath,
  type StepDraft,
} from './plan/plan-draft.js';
import { asTag } from './words/image.js';

const path = 'Dockerfile';
/** SHA-256 of no bytes: there is no file. */
const digestOfNothing = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The rule of 2016 for a repository without a pipeline file: build the image of its Dockerfile, and publish it for a tag or by hand. */
export function defaultPlan(context: CompileContext): CompileResult {
  const report = new ProblemReport(path, new SourceText(''));
  const { publish, reason } = publishesIn2016(context);
  if (publish && context.imageRepository === undefined) {
    report.error(
      'nowhere-to-publish',
      { start: 0, end: 1 },
      'the repository has no pipeline file, and the project has no image repository to publish its Dockerfile to',
      'set the image repository of the project, or add a `cyclone.yaml`',
    );
    return { ok: false, problems: report.problems(), nothingToRun: false, skipped: [] };
  }
  const { timeoutMs } = context;
  const common = { runWhen: 'success', onFailure: 'fail', timeoutMs, environment: {} } as const;
  const steps: StepDraft[] = [
    cloneStep('clone', { depth: 1, timeoutMs }),
    {
      kind: 'build-image',
      id: 'build',
      name: 'build',
      stage: 'build',
      needs: ['clone'],
      ...common,
      context: '.',
      dockerfile: path,
      repository: repositoryFor(context),
      buildArguments: {},
      labels: {},
      publish,
    },
  ];
  if (publish)
    steps.push(
      publishStep({
        id: 'publish-build',
        name: 'publish build',
        from: 'build',
        tags: [asTag(context.versionName)],
        needs: ['build'],
        timeoutMs,
      }),
    );
  const job = {
    id: jobId,
    name: jobId,
    needs: [],
    runWhen: 'success' as const,
    labels: {},
    timeoutMs,
    workspacePath,
    services: [],
    steps,
  };
  const plan = sealPlan(
    { version: 1, source: { path, digest: digestOfNothing, format: 'none' }, timeoutMs, jobs: [job] },
    report,
  );
  const skipped = publish ? [] : [{ step: 'publish build', reason }];
  return plan === undefined
    ? { ok: false, problems: report.problems(), nothingToRun: false, skipped }
    : { ok: true, plan, warnings: [], skipped };
}
