import type { PlannedStep, StepId } from '@cyclone/contracts';
import { startDeadline, stopCauseOf } from './deadline.js';
import { reasonOf } from './errors.js';
import type { Executor, JobSandbox } from './executor.js';
import { GoneSandbox, workspaceGone } from './gone-sandbox.js';
import type { ImageBuilder } from './image-builder.js';
import type { JobInput } from './job-input.js';
import type { JobObserver } from './job-observer.js';
import {
  jobEnd,
  servicesToStop,
  stepsToExpect,
  stepsToSkip,
  stepsToStart,
  type EndedStep,
  type JobEnd,
  type JobProgress,
} from './job-progress.js';
import { secretPatterns } from './logs/secret-patterns.js';
import { stepLogLimits, type StepLogLimits } from './logs/step-log.js';
import { resolveEnvironment } from './resolve-environment.js';
import type { ResumedStep, ResumeState } from './resume.js';
import { runStep, type StepContext } from './run-step.js';
import { builtImageOf, ServiceScope } from './service-scope.js';

export interface JobPorts {
  readonly executor: Executor;
  readonly images: ImageBuilder;
  readonly observer: JobObserver;
}

export interface JobOptions {
  /** Cancels the job; its reason may be a StopCause. */
  readonly signal: AbortSignal;
  /** Given by a host that restarted in the middle of this attempt. */
  readonly resume?: ResumeState;
  readonly parallelStepsMax?: number;
  /** How long a program has between SIGTERM and SIGKILL. */
  readonly stopGraceMs?: number;
  readonly log?: Partial<StepLogLimits>;
  readonly now?: () => number;
}

export interface JobResult extends JobEnd {
  /** Resolves when every trace of the job is gone: only then has it given its room back. Rejects when traces remain. */
  readonly destroyed: Promise<void>;
}

const parallelStepsMaxDefault = 8;
const stopGraceMsDefault = 1000;

/**
 * Runs one job: prepares its sandbox, walks the graph of its steps, always destroys. Resolves as soon as the outcome
 * is known; what a step does is an outcome, never an exception. Throws only when the host's observer or sink does, after
 * stopping everything.
 */
export const runJob = async (input: JobInput, ports: JobPorts, options: JobOptions): Promise<JobResult> => {
  const now = options.now ?? Date.now;
  const buildDeadlineMs = input.deadlineAt - now();
  const ownTimeout = input.job.timeoutMs <= buildDeadlineMs;
  const deadline = startDeadline(options.signal, Math.min(input.job.timeoutMs, buildDeadlineMs), {
    outcome: 'timed_out',
    reason: ownTimeout
      ? { code: 'job-timeout', message: `The job took longer than its ${input.job.timeoutMs} ms.` }
      : { code: 'build-timeout', message: 'The build as a whole ran out of time.' },
  });
  let sandbox: JobSandbox | undefined;
  try {
    sandbox = await enter(input, ports.executor, options.resume, deadline.signal);
    const walked = await new JobWalk(input, ports, options, sandbox, deadline.signal).run();
    const isForGone = sandbox instanceof GoneSandbox && walked.outcome === 'failed';
    const end = isForGone ? { ...walked, reason: reasonOf(workspaceGone()) } : walked;
    return { ...end, destroyed: sandbox.destroy() };
  } catch (error) {
    await sandbox?.destroy();
    if (sandbox !== undefined) throw error;
    const end = deadline.signal.aborted
      ? stopCauseOf(deadline.signal)
      : { outcome: 'failed' as const, reason: reasonOf(error) };
    return { ...end, destroyed: Promise.resolve() };
  } finally {
    deadline.dispose();
  }
};

const enter = async (
  input: JobInput,
  executor: Executor,
  resume: ResumeState | undefined,
  signal: AbortSignal,
): Promise<JobSandbox> => {
  signal.throwIfAborted();
  if (resume === undefined) return executor.prepare(input, signal);
  const adopted = await executor.adopt(input);
  if (adopted !== undefined) return adopted;
  const untouched = resume.ended.size === 0 && [...resume.open.values()].every((step) => step.startedAt === undefined);
  if (untouched) return executor.prepare(input, signal);
  return new GoneSandbox();
};

/** One walk through a job's graph: the only place where its progress changes. */
class JobWalk {
  private readonly running = new Map<StepId, Promise<void>>();
  private readonly ended: Map<StepId, EndedStep>;
  private readonly open: Map<StepId, ResumedStep>;
  private readonly context: StepContext;
  private readonly resuming: boolean;
  private readonly now: () => number;
  private readonly parallelMax: number;
  /** Aborted with the job, and when the host fails: nothing may go on unseen. */
  private readonly stop = new AbortController();
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly input: JobInput,
    private readonly ports: JobPorts,
    options: JobOptions,
    sandbox: JobSandbox,
    signal: AbortSignal,
  ) {
    this.now = options.now ?? Date.now;
    this.parallelMax = options.parallelStepsMax ?? parallelStepsMaxDefault;
    this.resuming = options.resume !== undefined;
    this.ended = new Map(options.resume?.ended);
    this.open = new Map(options.resume?.open);
    const follow = (): void => this.stop.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener('abort', follow, { once: true });
    this.context = {
      input,
      sandbox,
      services: new ServiceScope(input, sandbox, this.stop.signal),
      images: ports.images,
      observer: ports.observer,
      secretPatterns: secretPatterns(secretValues(input)),
      logLimits: { ...stepLogLimits, ...options.log },
      stopGraceMs: options.stopGraceMs ?? stopGraceMsDefault,
      now: this.now,
      digests: new Map(options.resume?.digests),
    };
  }

  async run(): Promise<JobEnd> {
    this.takeUpStarted();
    for (;;) {
      await this.skipWhatWillNotRun();
      this.startWhatMayRun();
      this.context.services.stop(servicesToStop(this.input.job, this.progress()));
      if (this.running.size === 0) break;
      await Promise.race(this.running.values());
      if (this.failure !== undefined) await this.giveUp(this.failure.error);
    }
    const end = jobEnd(this.input.job, this.progress());
    if (end === undefined)
      throw new Error(`The steps of job ${this.input.job.id} wait for each other: the plan is no graph.`);
    return end;
  }

  /** Steps that had begun before a restart go on whatever else holds now: also to be stopped, and their logs sealed. */
  private takeUpStarted(): void {
    for (const step of this.input.job.steps) {
      if (this.open.get(step.id)?.startedAt !== undefined) this.running.set(step.id, this.carryOut(step));
    }
  }

  private progress(): JobProgress {
    const stopping = this.stop.signal.aborted ? stopCauseOf(this.stop.signal) : undefined;
    return { running: new Set(this.running.keys()), ended: this.ended, stopping };
  }

  private async skipWhatWillNotRun(): Promise<void> {
    for (
      let skips = stepsToSkip(this.input.job, this.progress());
      skips.length > 0;
      skips = stepsToSkip(this.input.job, this.progress())
    ) {
      for (const { stepId, reason } of skips) {
        await this.ports.observer.stepEnded({
          stepId,
          outcome: 'skipped',
          reason,
          ignored: false,
          endedAt: this.now(),
        });
        this.ended.set(stepId, { outcome: 'skipped', ignored: false });
      }
    }
  }

  private startWhatMayRun(): void {
    for (const step of stepsToStart(this.input.job, this.progress(), this.parallelMax))
      this.running.set(step.id, this.carryOut(step));
    for (const step of stepsToExpect(this.input.job, this.progress(), this.parallelMax)) this.expect(step);
  }

  private async carryOut(step: PlannedStep): Promise<void> {
    // After a restart any step may have a container, even one whose start the host had no time to note.
    const resumed = this.open.get(step.id) ?? (this.resuming ? {} : undefined);
    this.open.delete(step.id);
    try {
      this.ended.set(step.id, await runStep(this.context, step, this.stop.signal, resumed));
    } catch (error) {
      this.failure ??= { error };
    } finally {
      this.running.delete(step.id);
    }
  }

  private async giveUp(error: unknown): Promise<never> {
    this.stop.abort();
    await Promise.all(this.running.values());
    throw error;
  }

  private expect(step: PlannedStep): void {
    if (this.resuming || (step.kind !== 'clone' && step.kind !== 'run')) return;
    const { input } = this;
    try {
      const environment = resolveEnvironment(input.environment, step.environment, input.secrets);
      const builtImage = step.kind === 'run' ? builtImageOf(input, step.image) : undefined;
      this.context.sandbox.expect({ step, environment, builtImage });
    } catch {
      // Only a hint: what is wrong with the step is said when its turn comes.
    }
  }
}

/** Everything a job was entrusted with, which no log may show. */
const secretValues = (input: JobInput): string[] => [
  ...Object.values(input.secrets),
  ...[input.source.password, ...input.registries.map((registry) => registry.password)].filter(
    (value) => value !== undefined,
  ),
];
