/** What a set of samples comes to. Percentiles are values that were really measured (nearest rank). */
export interface Spread {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** The smallest sample that at least `share` of all samples do not exceed. */
export function percentile(samples: readonly number[], share: number): number {
  if (share <= 0 || share > 1) throw new Error(`a share is above 0 and at most 1, not ${share}`);
  const sorted = samples.toSorted((left, right) => left - right);
  const value = sorted[Math.ceil(share * sorted.length) - 1];
  if (value === undefined) throw new Error('no samples, no percentile');
  return value;
}

/** The middle; between the two middle ones where their count is even. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error('no samples, no median');
  return (upper + lower) / 2;
}

export function spreadOf(samples: readonly number[]): Spread {
  return {
    count: samples.length,
    min: percentile(samples, Number.MIN_VALUE),
    p50: median(samples),
    p90: percentile(samples, 0.9),
    p99: percentile(samples, 0.99),
    max: percentile(samples, 1),
  };
}

/** Medians of so many equal runs of the samples in their order: a cost that grows shows as a rising row. */
export function mediansInOrder(samples: readonly number[], parts: number): readonly number[] {
  if (samples.length < parts) throw new Error(`${samples.length} samples cannot be cut into ${parts} parts`);
  const bounds = Array.from({ length: parts + 1 }, (_, index) => Math.round((index * samples.length) / parts));
  return bounds.slice(1).map((end, index) => median(samples.slice(bounds[index], end)));
}

/** How many of the intervals hold the same moment, at most. One that ends when another begins does not overlap it. */
export function mostAtOnce(intervals: readonly { readonly from: number; readonly to: number }[]): number {
  const changes = intervals.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  let open = 0;
  let most = 0;
  for (const { by } of changes.sort((left, right) => left.at - right.at || left.by - right.by)) {
    open += by;
    most = Math.max(most, open);
  }
  return most;
}
