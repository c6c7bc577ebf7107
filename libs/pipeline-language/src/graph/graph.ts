/** Nodes by index; for each the nodes it waits for. */
export type Needs = readonly ReadonlySet<number>[];

/** First come first served among what is ready. Nodes on a cycle, or behind one, are left out. */
export function topologicalOrder(needs: Needs): number[] {
  const done = new Set<number>();
  const order: number[] = [];
  for (let progress = true; progress;) {
    progress = false;
    for (const [index, own] of needs.entries()) {
      if (done.has(index) || ![...own].every((need) => done.has(need))) continue;
      done.add(index);
      order.push(index);
      progress = true;
      // Start over, so that the order of the file wins wherever the graph leaves a choice.
      break;
    }
  }
  return order;
}

/** Cycles that share no node, each in the order of waiting and with its first node repeated at the end. */
export function findCycles(needs: Needs): number[][] {
  const rest = needs.map((own) => new Set(own));
  const cycles: number[][] = [];
  for (let cycle = findCycle(rest); cycle !== undefined; cycle = findCycle(rest)) {
    cycles.push(cycle);
    for (const node of cycle) rest[node]?.clear();
  }
  return cycles;
}

function findCycle(needs: Needs): number[] | undefined {
  const finished = new Set(topologicalOrder(needs));
  const start = needs.findIndex((_, index) => !finished.has(index));
  if (start === -1) return undefined;
  // Each node that is not finished waits for another that is not: following them must come round.
  const path: number[] = [];
  for (let node = start; ;) {
    const seen = path.indexOf(node);
    if (seen !== -1) return [...path.slice(seen), node];
    path.push(node);
    node = [...(needs[node] ?? [])].find((need) => !finished.has(need)) ?? node;
  }
}

/** For each node everything that it waits for, directly or not. The graph has no cycle. */
export function allNeeds(needs: Needs): ReadonlySet<number>[] {
  const all: Set<number>[] = needs.map(() => new Set<number>());
  for (const index of topologicalOrder(needs)) {
    for (const need of needs[index] ?? []) {
      all[index]?.add(need);
      for (const further of all[need] ?? []) all[index]?.add(further);
    }
  }
  return all;
}

/** The graph without some nodes: who waited for one of them waits for what it had waited for. */
export function without(needs: Needs, removed: ReadonlySet<number>): ReadonlySet<number>[] {
  const reduced: Set<number>[] = needs.map(() => new Set<number>());
  for (const index of topologicalOrder(needs)) {
    for (const need of needs[index] ?? []) {
      const inPlace = removed.has(need) ? [...(reduced[need] ?? [])] : [need];
      for (const each of inPlace) reduced[index]?.add(each);
    }
  }
  return reduced;
}
