import { topologicalOrder, without, type Needs } from '../graph/graph.js';
import type { CompileContext, SkippedPart } from '../compile-context.js';
import { printable } from '../problems/printable.js';
import type { FileContent, NamedService } from './file-shape.js';
import { imagesOf, imageUseOf, type StepGraph } from './resolve-graph.js';
import { judge, runWhenOf, type RunWhen } from './when.js';

/** What of the file runs for this event. */
export interface Selection {
  /** Indices of steps, in an order in which each follows what it waits for. */
  readonly kept: readonly number[];
  /** Without what is left out: who waited for that waits for what it would have waited for. */
  readonly needs: Needs;
  readonly runWhen: ReadonlyMap<number, RunWhen>;
  readonly services: readonly NamedService[];
  readonly skipped: SkippedPart[];
}

export function selectSteps(file: FileContent, graph: StepGraph, context: CompileContext): Selection {
  const skipped: SkippedPart[] = [];
  const removed = new Set<number>();
  const runWhen = new Map<number, RunWhen>();
  const order = topologicalOrder(graph.needs);
  const whole = judge(file.when ?? [], context);

  for (const index of order) {
    const step = graph.steps[index];
    if (step === undefined) continue;
    const verdict = judge(step.value.when ?? [], context);
    const missing = imagesOf(step).find((image) => removed.has(graph.indexOf(image.name) ?? -1))?.name;
    const reason = !whole.holds
      ? whole.reason
      : !verdict.holds
        ? verdict.reason
        : missing === undefined
          ? undefined
          : withoutImage(missing);
    if (reason !== undefined) {
      removed.add(index);
      skipped.push({ step: step.name, reason });
    } else {
      runWhen.set(index, runWhenOf(verdict.holds ? verdict.by : []));
    }
  }
  const services = (file.services ?? []).filter((service) => {
    const reason = whole.holds ? refusalOf(service, graph, removed, context) : undefined;
    if (reason !== undefined) skipped.push({ step: `service ${service.name}`, reason });
    return reason === undefined;
  });
  return {
    kept: order.filter((index) => !removed.has(index)),
    needs: without(graph.needs, removed),
    runWhen,
    services,
    skipped,
  };
}

/** Why a service is left out, if it is. */
export function refusalOf(
  service: NamedService,
  graph: StepGraph,
  removed: ReadonlySet<number>,
  context: CompileContext,
): string | undefined {
  const verdict = judge(service.value.when ?? [], context);
  if (!verdict.holds) return verdict.reason;
  const use = imageUseOf(service);
  return use !== undefined && removed.has(graph.indexOf(use.name) ?? -1) ? withoutImage(use.name) : undefined;
}

function withoutImage(step: string): string {
  return `needs the image of ${printable(step)}, which is left out`;
}
