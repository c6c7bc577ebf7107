import type { CompileContext, SkippedPart } from '../compile-context.js';
import { limits } from '../limits.js';
import { allNeeds } from '../graph/graph.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import {
  cloneStep,
  IdAllocator,
  jobId,
  publishStep,
  timeoutFor,
  workspacePath,
  type PlanDraft,
  type ServiceDraft,
  type StepDraft,
} from '../plan/plan-draft.js';
import { decidePublish, reportTagClashes, type PublishDecision } from './decide-publish.js';
import { emitBuildStep, emitRunStep, emitService, type EmitContext } from './emit-steps.js';
import type { FileContent, NamedService, NamedStep } from './file-shape.js';
import { imageUseOf, isAfterPublishing, isBuild, type StepGraph } from './resolve-graph.js';
import { refusalOf, type Selection } from './select-steps.js';

type JobDraft = PlanDraft['jobs'][number];

/** Turns the selected part of a file into a job. Built once, used once. */
export class JobEmitter {
  readonly #ids = new IdAllocator();
  readonly #serviceIds = new IdAllocator();
  readonly #idByStep = new Map<number, string>();
  readonly #publishIds: string[] = [];
  readonly #cloneIds: string[];
  readonly #emit: EmitContext;
  readonly #decisions: ReadonlyMap<NamedStep, PublishDecision>;

  constructor(
    readonly file: FileContent,
    readonly graph: StepGraph,
    readonly selection: Selection,
    readonly context: CompileContext,
    readonly report: ProblemReport,
    readonly skipped: SkippedPart[],
  ) {
    this.#cloneIds = file.clone?.skip === true ? [] : [this.#ids.next('clone')];
    for (const index of graph.steps.keys())
      if (selection.kept.includes(index)) this.#idByStep.set(index, this.#ids.next(this.#step(index).name));
    this.#emit = {
      context,
      report,
      timeoutMs: timeoutFor(file.timeout, context.timeoutMs),
      shared: file.environment ?? [],
      idOf: (name) => this.#idByStep.get(graph.indexOf(name) ?? -1) ?? '',
    };
    this.#decisions = this.#decide();
  }

  job(): JobDraft {
    const { timeoutMs } = this.#emit;
    const before = this.selection.kept.filter((index) => !this.#isAfter(index));
    const after = this.selection.kept.filter((index) => this.#isAfter(index));
    const depth = this.file.clone?.depth ?? limits.cloneDepthDefault;
    const steps: StepDraft[] = this.#cloneIds.map((id) =>
      cloneStep(id, { timeoutMs, ...(depth === 0 ? {} : { depth }) }),
    );
    for (const index of before) steps.push(this.#emitStep(index, this.#needsOf(index)));
    steps.push(...this.#emitPublishing(before));
    const barrier = this.#publishIds.length > 0 ? this.#publishIds : this.#sinks(before);
    for (const index of after) {
      const own = [...(this.selection.needs[index] ?? [])].filter((need) => this.#isAfter(need));
      steps.push(
        this.#emitStep(
          index,
          own.length > 0 ? own.map((need) => this.#id(need)) : barrier.length > 0 ? barrier : this.#cloneIds,
        ),
      );
    }
    const services = this.#emitServices();
    const labels = Object.fromEntries((this.file.labels ?? []).map((label) => [label.name, label.value]));
    return { id: jobId, name: jobId, needs: [], runWhen: 'success', labels, timeoutMs, workspacePath, services, steps };
  }

  /** Only where the file builds an image does its end divide the steps. */
  #isAfter(index: number): boolean {
    return this.graph.hasBuild && isAfterPublishing(this.graph.stages[index]);
  }

  #decide(): Map<NamedStep, PublishDecision> {
    const decisions = new Map<NamedStep, PublishDecision>();
    for (const index of this.selection.kept) {
      const step = this.#step(index);
      if (!isBuild(step)) continue;
      const decision = decidePublish(step, this.context, this.report);
      decisions.set(step, decision);
      if (decision.reason !== undefined) this.skipped.push({ step: `publish ${step.name}`, reason: decision.reason });
    }
    reportTagClashes(decisions, this.report);
    return decisions;
  }

  #emitStep(index: number, needs: string[]): StepDraft {
    const step = this.#step(index);
    const place = {
      id: this.#id(index),
      stage: this.graph.stages[index] ?? 'build',
      needs,
      runWhen: this.selection.runWhen.get(index) ?? 'success',
    };
    const decision = this.#decisions.get(step);
    if (decision === undefined) return emitRunStep(step, place, this.#emit);
    return emitBuildStep(
      step,
      place,
      { repository: decision.repository, publish: decision.tags.length > 0 },
      this.#emit,
    );
  }

  /** Version tags move when every step before has ended and none of them failed. */
  #emitPublishing(before: readonly number[]): StepDraft[] {
    const needs = this.#sinks(before);
    return before.flatMap((index) => {
      const step = this.#step(index);
      const tags = this.#decisions.get(step)?.tags ?? [];
      if (tags.length === 0) return [];
      const name = `publish ${step.name}`;
      const id = this.#ids.next(name);
      this.#publishIds.push(id);
      return [publishStep({ id, name, from: this.#id(index), tags, needs, timeoutMs: this.#emit.timeoutMs })];
    });
  }

  #emitServices(): ServiceDraft[] {
    const runs = this.selection.kept.filter(
      (index) => !isBuild(this.#step(index)) && this.#step(index).value.network !== 'none',
    );
    const all = allNeeds(this.selection.needs);
    const drafts = this.selection.services.flatMap((service) => {
      const build = this.graph.indexOf(imageUseOf(service)?.name ?? '');
      const users = runs.filter(
        (index) => build === undefined || all[index]?.has(build) === true || this.#isAfter(index),
      );
      return this.#emitOne(service, users);
    });
    for (const index of runs) {
      // A step whose service lacks its image is left out itself, so only the service's condition remains to be asked.
      for (const service of this.#step(index).value.services ?? []) {
        const reason = refusalOf(service, this.graph, new Set(), this.context);
        if (reason === undefined) drafts.push(...this.#emitOne(service, [index]));
        else this.skipped.push({ step: `service ${service.name}`, reason });
      }
    }
    return drafts;
  }

  #emitOne(service: NamedService, users: readonly number[]): ServiceDraft[] {
    if (users.length > 0)
      return [
        emitService(
          service,
          this.#serviceIds.next(service.name),
          users.map((index) => this.#id(index)),
          this.#emit,
        ),
      ];
    const use = imageUseOf(service);
    const hint = use === undefined ? 'remove it' : `let a step wait for ${quoted(use.name)} with \`depends_on\``;
    this.report.warning(
      'unused-service',
      service.nameSpan,
      `no step that runs can reach the service ${quoted(service.name)}, so it is not started`,
      hint,
    );
    return [];
  }

  #needsOf(index: number): string[] {
    const needs = [...(this.selection.needs[index] ?? [])].map((need) => this.#id(need));
    return needs.length > 0 ? needs : this.#cloneIds;
  }

  /** Steps that no other of these waits for: to wait for them is to wait for all. */
  #sinks(indices: readonly number[]): string[] {
    const waitedFor = new Set(indices.flatMap((index) => [...(this.selection.needs[index] ?? [])]));
    return indices.filter((index) => !waitedFor.has(index)).map((index) => this.#id(index));
  }

  #step(index: number): NamedStep {
    const step = this.graph.steps[index];
    if (step === undefined) throw new RangeError(`no step has the index ${index}`);
    return step;
  }

  #id(index: number): string {
    return this.#idByStep.get(index) ?? '';
  }
}
