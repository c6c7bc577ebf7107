import { defineFamily, exposeFamily } from './metric-family.js';
import type { Family, Labels } from './metric-family.js';

export interface MetricOptions<Label extends string> {
  /** Prometheus form: `cyclone_commits_total`, unit last. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly Label[];
}

export interface Counter<Label extends string> {
  add(labels?: Labels<Label>, amount?: number): void;
}

export interface Gauge<Label extends string> {
  set(value: number, labels?: Labels<Label>): void;
  add(amount: number, labels?: Labels<Label>): void;
}

export interface Histogram<Label extends string> {
  observe(value: number, labels?: Labels<Label>): void;
}

/** From 1 ms to 30 s, for durations in seconds. */
export const durationBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** Numbers of one process, held in memory and read as Prometheus text. Asking again for a name gives the same metric. */
export interface Metrics {
  counter<Label extends string = never>(options: MetricOptions<Label>): Counter<Label>;
  gauge<Label extends string = never>(options: MetricOptions<Label>): Gauge<Label>;
  histogram<Label extends string = never>(
    options: MetricOptions<Label> & { readonly buckets?: readonly number[] },
  ): Histogram<Label>;
  /** Called before each exposition, for gauges that are cheaper to read than to keep. */
  onCollect(read: () => void): void;
  expose(): string;
}

/** Prometheus text exposition, version 0.0.4. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

export const createMetrics = (): Metrics => {
  const families = new Map<string, Family>();
  const readers: (() => void)[] = [];
  const family = (kind: Family['kind'], options: MetricOptions<string>, buckets: readonly number[] = []): Family => {
    const known = families.get(options.name);
    if (known === undefined) {
      const created = defineFamily({
        kind,
        name: options.name,
        help: options.help,
        labels: options.labels ?? [],
        buckets,
      });
      families.set(options.name, created);
      return created;
    }
    if (known.kind !== kind || known.labels.join() !== (options.labels ?? []).join()) {
      throw new Error(`metric ${options.name} is already a ${known.kind} with labels [${known.labels.join(', ')}]`);
    }
    return known;
  };
  return {
    counter: (options) => {
      const counter = family('counter', options);
      return {
        add: (labels, amount = 1) => {
          if (amount < 0) throw new Error(`counter ${options.name} cannot go down`);
          counter.sample(labels).value += amount;
        },
      };
    },
    gauge: (options) => {
      const gauge = family('gauge', options);
      return {
        set: (value, labels) => {
          gauge.sample(labels).value = value;
        },
        add: (amount, labels) => {
          gauge.sample(labels).value += amount;
        },
      };
    },
    histogram: (options) => {
      const histogram = family(
        'histogram',
        options,
        [...(options.buckets ?? durationBuckets)].sort((a, b) => a - b),
      );
      return {
        observe: (value, labels) => {
          const sample = histogram.sample(labels);
          sample.value += value;
          sample.count += 1;
          const bucket = histogram.buckets.findIndex((bound) => value <= bound);
          if (bucket >= 0) sample.inBucket[bucket] = (sample.inBucket[bucket] ?? 0) + 1;
        },
      };
    },
    onCollect: (read) => {
      readers.push(read);
    },
    expose: () => {
      for (const read of readers) read();
      return [...families.values()].map(exposeFamily).join('');
    },
  };
};
