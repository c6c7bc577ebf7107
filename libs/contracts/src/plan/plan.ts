import { z } from 'zod';
import { Digest, JobId, SecretName, ServiceId, StepId } from '../ids.js';

/** The label that groups steps for people; it decides nothing. */
export const Stage = z.enum(['pre_build', 'build', 'integration', 'post_build', 'deploy']);
export type Stage = z.infer<typeof Stage>;

/** A value that a step gets by environment. Secrets are named here and never stand in a plan. */
export const EnvironmentValue = z.union([z.object({ value: z.string() }), z.object({ secret: SecretName })]);
export type EnvironmentValue = z.infer<typeof EnvironmentValue>;

export const Environment = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), EnvironmentValue);
export type Environment = z.infer<typeof Environment>;

/** Where a container's file system comes from: a name for the registry, or what an earlier step of the job built. */
export const ImageRef = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('named'), name: z.string().min(1), pull: z.enum(['always', 'if-missing', 'never']) }),
  z.object({ kind: z.literal('built'), step: StepId }),
]);
export type ImageRef = z.infer<typeof ImageRef>;

/** Ceilings, not requests. Bytes and thousandths of a core. */
export const Limits = z.object({
  memoryBytes: z.number().int().positive().optional(),
  cpuMillis: z.number().int().positive().optional(),
});
export type Limits = z.infer<typeof Limits>;

/** Ready when all that is named here holds; without it a service is ready when its container runs. */
export const Readiness = z.object({
  port: z.number().int().min(1).max(65535).optional(),
  http: z.object({ port: z.number().int().min(1).max(65535), path: z.string().startsWith('/') }).optional(),
  command: z.array(z.string()).min(1).optional(),
  timeoutMs: z.number().int().positive(),
});
export type Readiness = z.infer<typeof Readiness>;

/** A container that lives beside the steps and is reached by its name. */
export const PlannedService = z.object({
  id: ServiceId,
  /** Host name in the job's network. */
  name: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/),
  /** Further host names of the same container. */
  aliases: z
    .array(z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/))
    .max(20)
    .optional(),
  image: ImageRef,
  environment: Environment,
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  readiness: Readiness.optional(),
  limits: Limits,
  /** Started when the first of these may run, stopped after the last of them. */
  usedBy: z.array(StepId).min(1),
});
export type PlannedService = z.infer<typeof PlannedService>;

const stepCommon = {
  id: StepId,
  name: z.string().min(1),
  stage: Stage,
  /** Steps of the same job that must have ended before. */
  needs: z.array(StepId),
  /** What must hold of the job so far: nothing failed, something failed, or either. */
  runWhen: z.enum(['success', 'failure', 'always']),
  /** `ignore`: its failure is shown and fails nothing. */
  onFailure: z.enum(['fail', 'ignore']),
  timeoutMs: z.number().int().positive(),
  environment: Environment,
};

/** Brings the commit into the workspace; always the first step of a job that has one. */
export const CloneStep = z.object({
  ...stepCommon,
  kind: z.literal('clone'),
  depth: z.number().int().positive().optional(),
});
export type CloneStep = z.infer<typeof CloneStep>;

/** One container. With `commands` a script stops at the first that fails; without, the image's own program runs. */
export const RunStep = z.object({
  ...stepCommon,
  kind: z.literal('run'),
  image: ImageRef,
  commands: z.array(z.string()).min(1).optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  /** Absolute, or relative to the workspace; the workspace itself by default. */
  workingDir: z.string().optional(),
  user: z.string().optional(),
  network: z.enum(['job', 'none']),
  limits: Limits,
  /** Further places at which a folder of the workspace appears, beside the workspace itself. */
  mounts: z.array(z.object({ source: z.string(), target: z.string().startsWith('/') })),
  extraHosts: z.array(z.object({ host: z.string(), address: z.string() })),
  dns: z.array(z.string()),
  /** Paths copied from the ended container into the workspace's top folder, keeping their base name. */
  outputs: z.array(z.string()),
});
export type RunStep = z.infer<typeof RunStep>;

/** Builds an image; with `publish` it is pushed under a tag of this build alone, which gives its digest. */
export const BuildImageStep = z.object({
  ...stepCommon,
  kind: z.literal('build-image'),
  /** Both from the top of the workspace; the Dockerfile may lie outside the context. */
  context: z.string(),
  dockerfile: z.string(),
  /** Repository without tag, for example `registry.example.com:5000/shop/api`. */
  repository: z.string().min(1),
  buildArguments: z.record(z.string(), EnvironmentValue),
  target: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  publish: z.boolean(),
});
export type BuildImageStep = z.infer<typeof BuildImageStep>;

/** Moves version tags to the digest that an earlier step pushed. It stands after whatever must pass first. */
export const PublishImageStep = z.object({
  ...stepCommon,
  kind: z.literal('publish-image'),
  from: StepId,
  tags: z.array(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/)).min(1),
});
export type PublishImageStep = z.infer<typeof PublishImageStep>;

export const PlannedStep = z.discriminatedUnion('kind', [CloneStep, RunStep, BuildImageStep, PublishImageStep]);
export type PlannedStep = z.infer<typeof PlannedStep>;

/** What one runner carries out in one workspace. */
export const PlannedJob = z.object({
  id: JobId,
  name: z.string().min(1),
  needs: z.array(JobId),
  runWhen: z.enum(['success', 'failure', 'always']),
  /** A runner must carry all of these to be offered the job. */
  labels: z.record(z.string(), z.string()),
  timeoutMs: z.number().int().positive(),
  /** Where the workspace appears in every step. */
  workspacePath: z.string().startsWith('/'),
  services: z.array(PlannedService),
  steps: z.array(PlannedStep).min(1).max(1000),
});
export type PlannedJob = z.infer<typeof PlannedJob>;

/** Everything that will run, fully expanded: the only thing the rest of the system sees of a pipeline file. */
export const Plan = z.object({
  version: z.literal(1),
  source: z.object({ path: z.string(), digest: Digest, format: z.enum(['cyclone', 'caicloud-2016', 'none']) }),
  timeoutMs: z.number().int().positive(),
  jobs: z.array(PlannedJob).min(1).max(256),
});
export type Plan = z.infer<typeof Plan>;

/** One thing the checker has to say, with its place. Lines and columns count from 1. */
export const FileProblem = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  file: z.string(),
  line: z.number().int().positive().optional(),
  column: z.number().int().positive().optional(),
  /** The offending line with a caret line below it, for a terminal. */
  excerpt: z.string().optional(),
  hint: z.string().optional(),
});
export type FileProblem = z.infer<typeof FileProblem>;
