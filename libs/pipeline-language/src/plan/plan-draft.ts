import {
  Plan,
  type BuildImageStep,
  type CloneStep,
  type PlannedService,
  type PublishImageStep,
  type RunStep,
} from '@cyclone/contracts';
import type { CompileContext } from '../compile-context.js';
import { limits } from '../limits.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';

/** A plan before its ids are known to be ids. */
export type PlanDraft = (typeof Plan)['_input'];
type Draft<Schema extends { readonly _input: unknown }> = Schema['_input'];
export type RunDraft = Draft<typeof RunStep>;
export type CloneDraft = Draft<typeof CloneStep>;
export type BuildDraft = Draft<typeof BuildImageStep>;
export type PublishDraft = Draft<typeof PublishImageStep>;
export type ServiceDraft = Draft<typeof PlannedService>;
export type StepDraft = RunDraft | CloneDraft | BuildDraft | PublishDraft;

export const workspacePath = '/workspace';
export const jobId = 'main';

/** Names are for people, ids for subjects, paths and URLs: a name becomes its letters and digits, once per build. */
export class IdAllocator {
  readonly #taken = new Set<string>();

  next(name: string): string {
    const slug = name
      .replace(/[^A-Za-z0-9_-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 50)
      .replace(/[^A-Za-z0-9]+$/, '');
    const base = slug === '' ? 'step' : slug;
    let id = base;
    for (let number = 2; this.#taken.has(id.toLowerCase()); number += 1) id = `${base}-${number}`;
    this.#taken.add(id.toLowerCase());
    return id;
  }
}

export function cloneStep(id: string, options: { readonly depth?: number; readonly timeoutMs: number }): CloneDraft {
  return {
    kind: 'clone',
    id,
    name: 'clone',
    stage: 'pre_build',
    needs: [],
    runWhen: 'success',
    onFailure: 'fail',
    timeoutMs: options.timeoutMs,
    environment: {},
    ...(options.depth === undefined ? {} : { depth: options.depth }),
  };
}

export function publishStep(options: {
  id: string;
  name: string;
  from: string;
  tags: string[];
  needs: string[];
  timeoutMs: number;
}): PublishDraft {
  const { id, name, from, tags, needs, timeoutMs } = options;
  return {
    kind: 'publish-image',
    id,
    name,
    stage: 'post_build',
    needs,
    runWhen: 'success',
    onFailure: 'fail',
    timeoutMs,
    environment: {},
    from,
    tags,
  };
}

/** Where the image goes; one that is only used by later steps of the job needs no registry, so any name will do. */
export function repositoryFor(context: CompileContext): string {
  return context.imageRepository ?? context.projectId;
}

/** What a build may take: the file may lower the project's ceiling, never raise it. */
export function timeoutFor(asked: number | undefined, ceilingMs: number): number {
  return Math.max(limits.timeoutMsMin, Math.min(asked ?? ceilingMs, ceilingMs));
}

/** The contract has the last word. That it refuses what the checker let through would be a fault of the checker. */
export function sealPlan(draft: PlanDraft, report: ProblemReport): Plan | undefined {
  const parsed = Plan.safeParse(draft);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  report.error(
    'plan-refused',
    { start: 0, end: 1 },
    `this file makes no valid plan: ${quoted(issue?.path.join('.') ?? '')} ${quoted(issue?.message ?? '', 200)}`,
    'this is a fault of the checker, which should have said more: please report it with the file',
  );
  return undefined;
}
