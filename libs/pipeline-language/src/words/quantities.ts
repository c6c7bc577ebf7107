import { limits } from '../limits.js';
import type { SourceNode } from '../parse/source-node.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { either, expecting, mapped, type Shape } from '../shape/shape.js';
import { integer, word } from '../shape/scalars.js';

const unitMs: { readonly [unit: string]: number } = { h: 3_600_000, m: 60_000, s: 1_000 };

/** `90s`, `30m`, `1h30m`. A bare number would leave open of what. */
export function duration(rules: { readonly msMax: number }): Shape<number> {
  const written = word({
    charsMax: 20,
    pattern: /^(?:[0-9]{1,5}h)?(?:[0-9]{1,6}m)?(?:[0-9]{1,7}s)?$/,
    expects: 'a time such as `90s`, `30m` or `1h30m`',
    hint: (value) => (/^\d+$/.test(value) ? `add the unit, for example \`${value}m\` for minutes` : undefined),
  });
  return mapped(textOnly(written), (value, node, report) => {
    let ms = 0;
    for (const [, amount, unit] of value.matchAll(/(\d+)([hms])/g)) ms += Number(amount) * (unitMs[unit ?? ''] ?? 0);
    const bounds = { min: limits.timeoutMsMin, max: rules.msMax, least: '1s', most: `${rules.msMax / 60_000}m` };
    return within(ms, bounds, node, report);
  });
}

/** Reads a bare number too, so as to refuse it with a hint; for JSON Schema it is no text to begin with. */
function textOnly(shape: Shape<string>): Shape<string> {
  return { ...shape, schema: { ...shape.schema, type: 'string' } };
}

const memoryText = textOnly(
  word({
    charsMax: 20,
    pattern: /^[0-9]+(?:\.[0-9]+)? ?(?:[bB]|[kKmMgG](?:i?[bB])?)$/,
    expects: 'an amount such as `512MiB` or `2GiB`',
    hint: (value) => (/^\d+$/.test(value) ? `add the unit, for example \`${value}MiB\`` : undefined),
  }),
);

/** As Docker counts: `k`, `m`, `g`, with or without `B` or `iB`, are powers of 1024. */
export const memory: Shape<number> = mapped(memoryText, (value, node, report) => {
  const power =
    { b: 0, k: 1, m: 2, g: 3 }[
      value
        .replace(/[\d. ]/g, '')
        .charAt(0)
        .toLowerCase()
    ] ?? 0;
  return memoryBytes(Math.floor(Number.parseFloat(value) * 1024 ** power), node, report);
});

/** The 2016 files also give bare bytes. */
export const memoryOrBytes: Shape<number> = expecting(
  'bytes, or an amount such as `512m`',
  either({ ...memory, kinds: ['text'] }, mapped(integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), memoryBytes)),
);

function memoryBytes(bytes: number, node: SourceNode, report: ProblemReport): number | undefined {
  return within(
    bytes,
    { min: limits.memoryBytesMin, max: limits.memoryBytesMax, least: '6MiB', most: '1024GiB' },
    node,
    report,
  );
}

/** `500m` is half a core; so is `0.5`. */
export const cpu: Shape<number> = mapped(
  word({
    charsMax: 12,
    pattern: /^(?:[0-9]+m|[0-9]+(?:\.[0-9]+)?)$/,
    expects: 'an amount of cores such as `500m`, `0.5` or `2`',
  }),
  (value, node, report) => {
    const millis = value.endsWith('m') ? Number.parseInt(value, 10) : Math.round(Number(value) * 1000);
    return within(
      millis,
      { min: limits.cpuMillisMin, max: limits.cpuMillisMax, least: '10m', most: '256' },
      node,
      report,
    );
  },
);

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly least: string;
  readonly most: string;
}

function within(value: number, bounds: Bounds, node: SourceNode, report: ProblemReport): number | undefined {
  if (value >= bounds.min && value <= bounds.max) return value;
  const written = node.kind === 'map' || node.kind === 'list' ? '' : node.text;
  report.error('out-of-range', node.span, `${quoted(written)} is out of range: from ${bounds.least} to ${bounds.most}`);
  return undefined;
}
