import type { ServiceId, StepId } from '@cyclone/contracts';
import { ExecutorError } from '../errors.js';
import type { Executor, JobSandbox, RunningStep, ServiceLaunch, StepLaunch } from '../executor.js';
import { attemptKey, attemptOf, type JobInput } from '../job-input.js';
import type { RawOffsets } from '../logs/output-sink.js';
import type { WorkspaceHandle } from '../workspace.js';
import { ScriptedStep } from './scripted-step.js';
import { StepScript } from './step-script.js';

/**
 * Runs nothing: each step does what its environment says (see StepScript). For specs of everything around an
 * executor, and for whole-system scenarios with thousands of steps. Its "machine" lives as long as this object, so
 * a host that restarts with the same object finds its steps again.
 */
export class ScriptedExecutor implements Executor {
  readonly name = 'scripted';
  private readonly sandboxes = new Map<string, ScriptedSandbox>();

  async prepare(input: JobInput, signal: AbortSignal): Promise<JobSandbox> {
    signal.throwIfAborted();
    const key = attemptKey(attemptOf(input));
    const sandbox = new ScriptedSandbox(() => this.sandboxes.delete(key));
    this.sandboxes.set(key, sandbox);
    return sandbox;
  }

  async adopt(input: JobInput): Promise<JobSandbox | undefined> {
    return this.sandboxes.get(attemptKey(attemptOf(input)));
  }

  async sweep(held: ReadonlySet<string>): Promise<number> {
    const orphans = [...this.sandboxes].filter(([key]) => !held.has(key));
    await Promise.all(orphans.map(([, sandbox]) => sandbox.destroy()));
    return orphans.length;
  }

  async close(): Promise<void> {}

  /** How many sandboxes are there: for specs that prove that nothing is left behind. */
  get sandboxCount(): number {
    return this.sandboxes.size;
  }
}

const parseScript = (environment: Readonly<Record<string, string>>): StepScript => {
  const parsed = StepScript.safeParse(environment);
  if (!parsed.success)
    throw new ExecutorError(
      'start-failed',
      `The step's script cannot be read: ${parsed.error.issues[0]?.message ?? ''}`,
    );
  return parsed.data;
};

class ScriptedSandbox implements JobSandbox {
  readonly workspace: WorkspaceHandle = { kind: 'none' };
  private readonly steps = new Map<StepId, ScriptedStep>();
  private readonly services = new Set<ServiceId>();

  constructor(private readonly forget: () => void) {}

  expect(): void {}

  async startStep(launch: StepLaunch): Promise<RunningStep> {
    launch.signal.throwIfAborted();
    const script = parseScript(launch.environment);
    if (script.SCRIPT_START_FAILURE !== undefined) throw new ExecutorError('start-failed', script.SCRIPT_START_FAILURE);
    const step = new ScriptedStep(script);
    this.steps.set(launch.step.id, step);
    return this.follow(step, launch);
  }

  async adoptStep(launch: StepLaunch & { readonly readFrom: RawOffsets }): Promise<RunningStep | undefined> {
    const step = this.steps.get(launch.step.id);
    return step === undefined ? undefined : this.follow(step, launch, launch.readFrom);
  }

  async startService(launch: ServiceLaunch): Promise<void> {
    const { service, output, signal } = launch;
    if (this.services.has(service.id)) return;
    const script = parseScript(launch.environment);
    if (script.SCRIPT_START_FAILURE !== undefined)
      throw new ExecutorError('service-failed', script.SCRIPT_START_FAILURE);
    if (script.SCRIPT_NOT_READY) {
      await waitMs(service.readiness?.timeoutMs ?? 0, signal);
      output.note(script.SCRIPT_OUTPUT);
      throw new ExecutorError('service-not-ready', `Service "${service.name}" was not ready in time.`);
    }
    this.services.add(service.id);
  }

  async stopService(service: ServiceId): Promise<void> {
    this.services.delete(service);
  }

  async destroy(): Promise<void> {
    for (const step of this.steps.values()) step.stop(0);
    this.forget();
  }

  private follow(step: ScriptedStep, launch: StepLaunch, from?: RawOffsets): RunningStep {
    const image =
      launch.step.kind === 'run' && launch.step.image.kind === 'named' ? launch.step.image.name : launch.builtImage;
    return {
      image,
      ended: step.follow(launch.output, from),
      stop: async (graceMs) => step.stop(graceMs),
      discard: () => undefined,
    };
  }
}

const waitMs = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
