import type { CompileContext } from '../compile-context.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { emitEnvironment } from '../plan/emit-environment.js';
import type { BuildDraft, RunDraft, ServiceDraft } from '../plan/plan-draft.js';
import { timeoutFor } from '../plan/plan-draft.js';
import type { Variable } from '../words/environment.js';
import type { NamedService, NamedStep, ServiceContent, StepContent } from './file-shape.js';
import type { StageName } from './resolve-graph.js';
import type { RunWhen } from './when.js';

/** What every step of one file is emitted with. */
export interface EmitContext {
  readonly context: CompileContext;
  readonly report: ProblemReport;
  readonly timeoutMs: number;
  /** Variables of the whole file. */
  readonly shared: readonly Variable[];
  idOf(stepName: string): string;
}

export interface StepPlace {
  readonly id: string;
  readonly stage: StageName;
  readonly needs: string[];
  readonly runWhen: RunWhen;
}

export function emitRunStep(step: NamedStep, place: StepPlace, emit: EmitContext): RunDraft {
  const { value } = step;
  return {
    kind: 'run',
    ...commonOf(step, place, emit),
    environment: emitEnvironment([...emit.shared, ...(value.environment ?? [])], emit.context, emit.report),
    image: imageOf(value, emit),
    commands: value.commands,
    entrypoint: value.entrypoint,
    command: value.command,
    workingDir: value.working_dir,
    user: value.user,
    network: value.network ?? 'job',
    limits: limitsOf(value),
    mounts: [],
    extraHosts: value.extra_hosts ?? [],
    dns: value.dns ?? [],
    outputs: [],
  };
}

export function emitBuildStep(
  step: NamedStep,
  place: StepPlace,
  image: { repository: string; publish: boolean },
  emit: EmitContext,
): BuildDraft {
  const build = step.value.build;
  const context = folder(build?.context ?? '.');
  for (const argument of build?.args ?? []) {
    if (!('secret' in argument.value)) continue;
    emit.report.warning(
      'secret-in-image',
      argument.nameSpan,
      'whoever gets the image can read its build arguments, so this secret will be in it',
      'use the secret in a step before, or in the running container',
    );
  }
  return {
    kind: 'build-image',
    ...commonOf(step, place, emit),
    environment: {},
    context,
    dockerfile: build?.dockerfile ?? (context === '.' ? 'Dockerfile' : `${context}/Dockerfile`),
    repository: image.repository,
    buildArguments: emitEnvironment(build?.args ?? [], emit.context, emit.report),
    target: build?.target,
    labels: Object.fromEntries((build?.labels ?? []).map((label) => [label.name, label.value])),
    publish: image.publish,
  };
}

export function emitService(service: NamedService, id: string, usedBy: string[], emit: EmitContext): ServiceDraft {
  const { value } = service;
  return {
    id,
    name: service.name,
    image: imageOf(value, emit),
    environment: emitEnvironment(value.environment ?? [], emit.context, emit.report),
    entrypoint: value.entrypoint,
    command: value.command,
    readiness: value.ready,
    limits: limitsOf(value),
    usedBy,
  };
}

function commonOf(step: NamedStep, place: StepPlace, emit: EmitContext) {
  return {
    ...place,
    name: step.name,
    onFailure: step.value.failure ?? 'fail',
    timeoutMs: timeoutFor(step.value.timeout, emit.timeoutMs),
  };
}

/** The checker has seen to it that there is an image. */
function imageOf(content: StepContent | ServiceContent, emit: EmitContext): RunDraft['image'] {
  const image = content.image?.value ?? { name: '' };
  if ('fromStep' in image) return { kind: 'built', step: emit.idOf(image.fromStep) };
  return { kind: 'named', name: image.name, pull: content.pull ?? 'if-missing' };
}

function limitsOf(content: StepContent | ServiceContent): RunDraft['limits'] {
  return { memoryBytes: content.limits?.memory, cpuMillis: content.limits?.cpu };
}

/** `./web/` and `web` are one folder. */
export function folder(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? '.' : parts.join('/');
}
