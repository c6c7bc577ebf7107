import { limits } from '../limits.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import type { Span } from '../problems/source-text.js';
import { listOf } from '../shape/lists.js';
import { dictionary, field, record, type Named } from '../shape/maps.js';
import { either, expecting, mapped, type Shape } from '../shape/shape.js';
import { text, word } from '../shape/scalars.js';

export type Value = { readonly value: string } | { readonly secret: string };
export type Variable = Named<Value>;

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const nameExpects = 'letters, digits and `_`, not starting with a digit';

const secretName = text({ charsMax: 128, pattern: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/, expects: nameExpects });

const fromSecret: Shape<Value> = mapped(
  record(
    { from_secret: field(secretName, 'Name of a secret of the project.') },
    { expects: '`{from_secret: NAME}`', required: ['from_secret'] },
  ),
  (value) => (value.from_secret === undefined ? undefined : { secret: value.from_secret }),
);

const plain: Shape<Value> = mapped(word({ charsMin: 0, charsMax: limits.environmentCharsMax }), (value) => ({ value }));

/** `NAME=value`. */
const assignment: Shape<Variable> = mapped(
  text({
    charsMax: limits.environmentCharsMax,
    pattern: /^[A-Za-z_][A-Za-z0-9_]*=/,
    expects: '`NAME=value`',
    hint: () => 'for a secret use the map form: `NAME: {from_secret: name}`',
  }),
  (line, node) => {
    const equals = line.indexOf('=');
    return { name: line.slice(0, equals), nameSpan: node.span, value: { value: line.slice(equals + 1) } };
  },
);

/** Values by name, as a map or as a list of `NAME=value`; each name once. */
function variables(value: Shape<Value>): Shape<Variable[]> {
  const map = dictionary(value, { max: limits.environmentMax, keyPattern: namePattern, keyExpects: nameExpects });
  return expecting(
    'a map, or a list of `NAME=value`',
    mapped(either(map, listOf(assignment, { max: limits.environmentMax })), (entries, _node, report) =>
      unique(entries, report),
    ),
  );
}

export const environment = variables(either(plain, fromSecret));

/** Where secrets cannot be kept to the steps that name them. */
export const plainEnvironment = variables(plain);

function unique(entries: Variable[], report: ProblemReport): Variable[] {
  const seen = new Map<string, Span>();
  for (const entry of entries) {
    if (entry.name === '__proto__')
      report.error('bad-value', entry.nameSpan, `${quoted(entry.name)} cannot be the name of a variable`);
    if (seen.has(entry.name))
      report.error('duplicate-name', entry.nameSpan, `${quoted(entry.name)} is set a second time`);
    seen.set(entry.name, entry.nameSpan);
  }
  return entries;
}
