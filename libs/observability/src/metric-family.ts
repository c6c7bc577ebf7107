export type Labels<Label extends string> = Readonly<Record<Label, string | number>>;

interface Sample {
  readonly labels: readonly (readonly [string, string])[];
  value: number;
  /** Histograms only: how many values, and how many in each bucket (not yet summed up). */
  count: number;
  readonly inBucket: number[];
}

/** Hostile label values must not grow memory without end: past this many, all others share one sample. */
export const samplesMax = 1_000;
const overflow = 'other';

export interface Family {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
  readonly samples: ReadonlyMap<string, Sample>;
  sample(labels?: Readonly<Record<string, string | number>>): Sample;
}

export const defineFamily = (family: Pick<Family, 'kind' | 'name' | 'help' | 'labels' | 'buckets'>): Family => {
  if (!/^[a-z][a-z0-9_]*$/.test(family.name))
    throw new Error(`metric name ${family.name} must look like cyclone_commits_total`);
  const samples = new Map<string, Sample>();
  const create = (values: readonly string[]): Sample => ({
    labels: family.labels.map((label, index) => [label, values[index] ?? ''] as const),
    value: 0,
    count: 0,
    inBucket: family.buckets.map(() => 0),
  });
  const find = (values: readonly string[]): Sample => {
    const key = values.join('\u0000');
    const known = samples.get(key);
    if (known !== undefined) return known;
    if (samples.size >= samplesMax && !values.every((value) => value === overflow))
      return find(values.map(() => overflow));
    const created = create(values);
    samples.set(key, created);
    return created;
  };
  if (family.labels.length === 0) find([]);
  return { ...family, samples, sample: (labels) => find(family.labels.map((label) => String(labels?.[label] ?? ''))) };
};

const escapeHelp = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replace(/"/g, '\\"');
const showNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : value < 0 ? '-Inf' : 'NaN';

const line = (name: string, labels: readonly (readonly [string, string])[], value: number): string => {
  const inner = labels.map(([label, text]) => `${label}="${escapeLabel(text)}"`).join(',');
  return `${name}${inner === '' ? '' : `{${inner}}`} ${showNumber(value)}\n`;
};

const exposeHistogram = (family: Family, sample: Sample): string => {
  let below = 0;
  const buckets = family.buckets.map((bound, index) => {
    below += sample.inBucket[index] ?? 0;
    return line(`${family.name}_bucket`, [...sample.labels, ['le', showNumber(bound)]], below);
  });
  return [
    ...buckets,
    line(`${family.name}_bucket`, [...sample.labels, ['le', '+Inf']], sample.count),
    line(`${family.name}_sum`, sample.labels, sample.value),
    line(`${family.name}_count`, sample.labels, sample.count),
  ].join('');
};

export const exposeFamily = (family: Family): string => {
  const samples = [...family.samples.values()].map((sample) =>
    family.kind === 'histogram' ? exposeHistogram(family, sample) : line(family.name, sample.labels, sample.value),
  );
  return `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.kind}\n${samples.join('')}`;
};
