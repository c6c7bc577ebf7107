import type { BuildImageStep, JobAssignment } from '@cyclone/contracts';
import type { Attempt, JobInput } from './job-input.js';
import type { OutputSink } from './logs/output-sink.js';
import type { WorkspaceHandle } from './workspace.js';

export interface ImageBuild {
  readonly attempt: Attempt;
  readonly step: BuildImageStep;
  readonly workspace: WorkspaceHandle;
  readonly workspacePath: string;
  readonly buildArguments: Readonly<Record<string, string>>;
  /** `<repository>:<tag>`: the name of this build alone. */
  readonly reference: string;
  readonly registries: JobAssignment['registries'];
  readonly output: OutputSink;
  readonly signal: AbortSignal;
}

export interface ImagePublication {
  readonly repository: string;
  readonly reference: string;
  readonly digest: string;
  readonly tags: readonly string[];
  readonly registries: JobAssignment['registries'];
  readonly output: OutputSink;
  readonly signal: AbortSignal;
}

export interface PushedImage {
  readonly digest: string;
  readonly sizeBytes?: number;
}

/**
 * Builds and publishes images. All three may be repeated for the same step: an interrupted one is done again from
 * the start, and the outcome is the same image under the same reference. Failures are ExecutorErrors
 * (`image-build-failed` is the author's, the others the surroundings'); an aborted signal ends the work and throws.
 */
export interface ImageBuilder {
  /** Builds from the workspace; afterwards steps of the job can run `reference`. */
  build(build: ImageBuild): Promise<void>;
  /** Pushes `reference` to its registry: the digest names it from then on. */
  push(push: Omit<ImagePublication, 'digest' | 'tags'>): Promise<PushedImage>;
  /** Lets the tags point at the digest that was pushed as `reference`. All of them, or an error that names the first not done. */
  publish(publication: ImagePublication): Promise<void>;
}

/**
 * The name of what a step builds, the same after a restart. Two steps that build for one repository get two tags.
 */
export const builtImageReference = (input: Pick<JobInput, 'job' | 'buildId'>, step: BuildImageStep): string => {
  const siblings = input.job.steps.filter(
    (other) => other.kind === 'build-image' && other.repository === step.repository,
  );
  const place = siblings.findIndex((other) => other.id === step.id);
  return `${step.repository}:cyclone-${input.buildId}${place > 0 ? `-${place + 1}` : ''}`;
};
