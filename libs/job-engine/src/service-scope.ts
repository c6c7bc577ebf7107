import type { PlannedService, ServiceId, StepId } from '@cyclone/contracts';
import { builtImageReference } from './image-builder.js';
import type { JobInput } from './job-input.js';
import type { JobSandbox } from './executor.js';
import type { OutputSink } from './logs/output-sink.js';
import { resolveEnvironment } from './resolve-environment.js';
import type { ImageRef } from '@cyclone/contracts';

/** The reference of an image that an earlier step of the job built. */
export const builtImageOf = (input: JobInput, image: ImageRef): string | undefined => {
  if (image.kind === 'named') return undefined;
  const builder = input.job.steps.find((step) => step.id === image.step);
  return builder?.kind === 'build-image' ? builtImageReference(input, builder) : undefined;
};

/** Starts each service once, before the first step that uses it; stops it when told that nobody will. */
export class ServiceScope {
  private readonly starting = new Map<ServiceId, Promise<void>>();
  private readonly stopped = new Set<ServiceId>();

  constructor(
    private readonly input: JobInput,
    private readonly sandbox: JobSandbox,
    /** Of the job, not of a step: a service outlives the step that first waited for it. */
    private readonly signal: AbortSignal,
  ) {}

  async startFor(stepId: StepId, output: OutputSink): Promise<void> {
    const used = this.input.job.services.filter((service) => service.usedBy.includes(stepId));
    await Promise.all(used.map((service) => this.start(service, output)));
  }

  stop(services: readonly ServiceId[]): void {
    for (const service of services) {
      if (this.stopped.has(service) || !this.starting.has(service)) continue;
      this.stopped.add(service);
      // Whatever stays, `destroy` takes with it.
      this.sandbox.stopService(service).catch(() => undefined);
    }
  }

  private start(service: PlannedService, output: OutputSink): Promise<void> {
    const known = this.starting.get(service.id);
    if (known !== undefined) return known;
    const { input } = this;
    const started = (async () => {
      const environment = resolveEnvironment(input.environment, service.environment, input.secrets);
      await this.sandbox.startService({
        service,
        environment,
        builtImage: builtImageOf(input, service.image),
        output,
        signal: this.signal,
      });
    })();
    this.starting.set(service.id, started);
    return started;
  }
}
