import type { CloneStep, PlannedService, Reason, RunStep, ServiceId } from '@cyclone/contracts';
import type { JobInput } from './job-input.js';
import type { OutputSink, RawOffsets } from './logs/output-sink.js';
import type { WorkspaceHandle } from './workspace.js';

/** The kinds of step that are one container. */
export type ContainerStep = CloneStep | RunStep;

export interface StepLaunch {
  readonly step: ContainerStep;
  /** Everything the step's program sees, secrets included. */
  readonly environment: Readonly<Record<string, string>>;
  /** Reference of the image for a step whose image an earlier step built. */
  readonly builtImage?: string;
  readonly output: OutputSink;
  /** Aborted while the step is being started: `startStep` gives up and leaves nothing running. */
  readonly signal: AbortSignal;
}

export interface ServiceLaunch {
  readonly service: PlannedService;
  readonly environment: Readonly<Record<string, string>>;
  readonly builtImage?: string;
  /** The log of the step that waits for it: says what happens to the service. */
  readonly output: OutputSink;
  readonly signal: AbortSignal;
}

/** How a step's program ended. A code other than 0 is a result, not an error. */
export interface StepExit {
  readonly exitCode: number;
  /** Set where the code alone would mislead: `oom`, `output-missing`... The step has failed then, whatever its code. */
  readonly reason?: Reason;
}

export interface RunningStep {
  readonly image?: string;
  readonly imageDigest?: string;
  /**
   * Resolves once, after the program has ended, all it wrote has been taken by the sink, and the step's `outputs` are
   * in the workspace. Rejects (ExecutorError) only when the executor lost the step.
   */
  readonly ended: Promise<StepExit>;
  /** Asks the program to end (SIGTERM) and kills it after the grace. May be repeated; resolves when it is told. */
  stop(graceMs: number): Promise<void>;
  /** The host has recorded the end: what is left of the step may go, in the background. Without it `destroy` takes all. */
  discard(): void;
}

/**
 * The place where one job runs. Calls for different steps may come side by side; for one step in the order
 * expect?, startStep or adoptStep, RunningStep.stop*. After `destroy` has been called nothing else is.
 */
export interface JobSandbox {
  readonly workspace: WorkspaceHandle;

  /** A hint that this step is next: images may be fetched and containers created ahead. Never fails, never runs anything. */
  expect(launch: Omit<StepLaunch, 'output' | 'signal'>): void;

  /** Resolves when the program runs. Throws ExecutorError when it cannot: nothing of it runs then. */
  startStep(launch: StepLaunch): Promise<RunningStep>;

  /**
   * For a host that restarted: takes a step up again that runs or has ended meanwhile, with its recorded exit code;
   * output begins at the raw offsets. `undefined`: the step never ran, or is gone. Never starts anything.
   */
  adoptStep(launch: StepLaunch & { readonly readFrom: RawOffsets }): Promise<RunningStep | undefined>;

  /**
   * Resolves when the service is ready; it is then reached by its name. Throws `service-failed` or
   * `service-not-ready`, with the end of the service's own output written to the waiting step's log.
   * A service that is there already (host restarted) is waited for, not started again.
   */
  startService(launch: ServiceLaunch): Promise<void>;

  /** May be repeated, and called for a service that never started. */
  stopService(service: ServiceId): Promise<void>;

  /** Removes every trace, running or not. May be repeated and called after any failure; throws only when traces remain. */
  destroy(): Promise<void>;
}

/**
 * The port behind which Docker, Kubernetes or the host runs steps.
 *
 * - `prepare` takes the whole job, since some engines must know all containers before the first. It leaves nothing
 *   behind when it throws.
 * - Everything made carries the attempt (build, job, fence), so that `adopt` finds it again and a sweeper can tell
 *   orphans.
 * - Side effects of two attempts never meet: same job, other fence, other sandbox.
 */
export interface Executor {
  readonly name: string;

  prepare(input: JobInput, signal: AbortSignal): Promise<JobSandbox>;

  /** The sandbox of an attempt that an earlier process prepared; `undefined` when its workspace is gone. */
  adopt(input: JobInput): Promise<JobSandbox | undefined>;

  /** Removes what attempts left behind that nobody holds; returns how many things. `held` are the keys of live attempts. */
  sweep(held: ReadonlySet<string>): Promise<number>;

  /** Gives back what the executor keeps for itself. Running attempts are left alone, to be adopted later. */
  close(): Promise<void>;
}
