import type {
  BuildImageStep,
  CloneStep,
  PlannedStep,
  PublishImageStep,
  Reason,
  RunStep,
  StepOutcome,
} from '@cyclone/contracts';
import { startDeadline, stopCauseOf, type Deadline } from './deadline.js';
import { ExecutorError, reasonOf } from './errors.js';
import type { JobSandbox, RunningStep, StepLaunch } from './executor.js';
import { builtImageReference, type ImageBuilder } from './image-builder.js';
import { attemptOf, type JobInput } from './job-input.js';
import type { JobObserver } from './job-observer.js';
import type { ResumedStep } from './resume.js';
import { logStart } from './logs/log-chunk.js';
import { StepLog, type StepLogLimits } from './logs/step-log.js';
import { resolveEnvironment } from './resolve-environment.js';
import { builtImageOf, type ServiceScope } from './service-scope.js';

export interface StepContext {
  readonly input: JobInput;
  readonly sandbox: JobSandbox;
  readonly services: ServiceScope;
  readonly images: ImageBuilder;
  readonly observer: JobObserver;
  readonly secretPatterns: readonly Buffer[];
  readonly logLimits: StepLogLimits;
  readonly stopGraceMs: number;
  readonly now: () => number;
  /** Digests that the job's build steps pushed. */
  readonly digests: Map<string, string>;
}

interface StepResult {
  readonly outcome: StepOutcome;
  readonly exitCode?: number;
  readonly reason?: Reason;
}

const succeeded: StepResult = { outcome: 'succeeded' };

/** Carries out one step from its log's first byte to its end, which it reports and returns. Never throws for what the step does. */
export const runStep = async (
  context: StepContext,
  step: PlannedStep,
  jobSignal: AbortSignal,
  resumed?: ResumedStep,
) => {
  const { observer, now } = context;
  const log = new StepLog(
    observer.logSink(step.id),
    context.secretPatterns,
    context.logLimits,
    resumed?.log ?? logStart,
  );
  const startedAt = resumed?.startedAt ?? now();
  const deadline = startDeadline(jobSignal, startedAt + step.timeoutMs - now(), {
    outcome: 'timed_out',
    reason: { code: 'step-timeout', message: `The step took longer than its ${step.timeoutMs} ms.` },
  });
  const run: StepRun = { log, deadline, startedAt, resumed, discard: () => undefined };
  let result: StepResult;
  try {
    result = await carryOut(context, step, run);
  } catch (error) {
    result = failureOf(error, deadline, log);
  } finally {
    deadline.dispose();
  }
  const summary = await log.close();
  const ignored = step.onFailure === 'ignore' && (result.outcome === 'failed' || result.outcome === 'timed_out');
  const end = { stepId: step.id, ...result, ignored, startedAt, endedAt: now(), log: summary };
  await observer.stepEnded(end);
  run.discard();
  return end;
};

interface StepRun {
  readonly log: StepLog;
  readonly deadline: Deadline;
  readonly startedAt: number;
  readonly resumed: ResumedStep | undefined;
  /** Called once the end is recorded. */
  discard: () => void;
}

const failureOf = (error: unknown, deadline: Deadline, log: StepLog): StepResult => {
  if (deadline.signal.aborted) return stopCauseOf(deadline.signal);
  const reason = reasonOf(error);
  log.note(`[cyclone] ${reason.message}`);
  return { outcome: 'failed', reason };
};

const carryOut = (context: StepContext, step: PlannedStep, run: StepRun): Promise<StepResult> => {
  switch (step.kind) {
    case 'clone':
    case 'run':
      return runContainer(context, step, run);
    case 'build-image':
      return buildImage(context, step, run);
    case 'publish-image':
      return publishImage(context, step, run);
  }
};

const runContainer = async (context: StepContext, step: CloneStep | RunStep, run: StepRun): Promise<StepResult> => {
  const { input, sandbox, services, observer } = context;
  const { signal } = run.deadline;
  const launch: StepLaunch = {
    step,
    environment: resolveEnvironment(input.environment, step.environment, input.secrets),
    builtImage: step.kind === 'run' ? builtImageOf(input, step.image) : undefined,
    output: run.log,
    signal,
  };
  await services.startFor(step.id, run.log);
  signal.throwIfAborted();
  const running = await takeUpOrStart(sandbox, launch, run);
  run.discard = () => running.discard();
  if (run.resumed?.startedAt === undefined) {
    await observer.stepStarted({
      stepId: step.id,
      startedAt: run.startedAt,
      image: running.image,
      imageDigest: running.imageDigest,
    });
  }
  return awaitEnd(running, signal, context.stopGraceMs);
};

const takeUpOrStart = async (sandbox: JobSandbox, launch: StepLaunch, run: StepRun): Promise<RunningStep> => {
  if (run.resumed !== undefined) {
    const adopted = await sandbox.adoptStep({ ...launch, readFrom: (run.resumed.log ?? logStart).raw });
    if (adopted !== undefined) return adopted;
    if (run.resumed.startedAt !== undefined) {
      throw new ExecutorError(
        'start-failed',
        'The container of this step was gone when its runner came back; it is not run a second time.',
      );
    }
  }
  return sandbox.startStep(launch);
};

const awaitEnd = async (running: RunningStep, signal: AbortSignal, graceMs: number): Promise<StepResult> => {
  const stop = (): void => {
    // A stop that cannot be told shows in `ended`, or in `destroy`.
    running.stop(graceMs).catch(() => undefined);
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const exit = await running.ended;
    if (signal.aborted) return { ...stopCauseOf(signal), exitCode: exit.exitCode };
    if (exit.reason !== undefined) return { outcome: 'failed', exitCode: exit.exitCode, reason: exit.reason };
    if (exit.exitCode === 0) return { ...succeeded, exitCode: 0 };
    return {
      outcome: 'failed',
      exitCode: exit.exitCode,
      reason: { code: 'exit-code', message: `The step ended with exit code ${exit.exitCode}.` },
    };
  } finally {
    signal.removeEventListener('abort', stop);
  }
};

const buildImage = async (context: StepContext, step: BuildImageStep, run: StepRun): Promise<StepResult> => {
  const { input, images, observer, sandbox } = context;
  const reference = builtImageReference(input, step);
  const common = { reference, registries: input.registries, output: run.log, signal: run.deadline.signal };
  if (run.resumed?.startedAt === undefined) await observer.stepStarted({ stepId: step.id, startedAt: run.startedAt });
  else run.log.note('[cyclone] the build of this image was interrupted and begins again');
  await images.build({
    ...common,
    attempt: attemptOf(input),
    step,
    workspace: sandbox.workspace,
    workspacePath: input.job.workspacePath,
    buildArguments: resolveEnvironment({}, step.buildArguments, input.secrets),
  });
  if (!step.publish) return succeeded;
  await observer.permitPublish(run.deadline.signal);
  const pushed = await images.push({ ...common, repository: step.repository });
  context.digests.set(step.id, pushed.digest);
  const tag = reference.slice(step.repository.length + 1);
  await observer.imagePublished({
    stepId: step.id,
    repository: step.repository,
    digest: pushed.digest,
    tags: [tag],
    sizeBytes: pushed.sizeBytes,
  });
  return succeeded;
};

const publishImage = async (context: StepContext, step: PublishImageStep, run: StepRun): Promise<StepResult> => {
  const { input, images, observer } = context;
  const from = input.job.steps.find((other) => other.id === step.from);
  const digest = context.digests.get(step.from);
  if (from?.kind !== 'build-image' || digest === undefined) {
    throw new ExecutorError(
      'image-push-failed',
      `There is nothing to publish: step "${step.from}" has pushed no image.`,
    );
  }
  if (run.resumed?.startedAt === undefined) await observer.stepStarted({ stepId: step.id, startedAt: run.startedAt });
  await observer.permitPublish(run.deadline.signal);
  await images.publish({
    repository: from.repository,
    reference: builtImageReference(input, from),
    digest,
    tags: step.tags,
    registries: input.registries,
    output: run.log,
    signal: run.deadline.signal,
  });
  await observer.imagePublished({ stepId: step.id, repository: from.repository, digest, tags: step.tags });
  return succeeded;
};
