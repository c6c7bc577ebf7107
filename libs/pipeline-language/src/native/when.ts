import { describeEvent, type CompileContext } from '../compile-context.js';
import { limits } from '../limits.js';
import { printable } from '../problems/printable.js';
import { oneOrMany } from '../shape/lists.js';
import { field, record } from '../shape/maps.js';
import { either, expecting, mapped, type Shape, type ValueOf } from '../shape/shape.js';
import { choice, word } from '../shape/scalars.js';
import { globMatches } from '../words/glob.js';
import { whenKeysElsewhere } from './elsewhere.js';

const events = ['push', 'tag', 'pull_request', 'manual'] as const;
const eventsElsewhere = new Map([
  ['cron', 'builds by the clock do not exist yet: remove it'],
  ['deployment', 'deployments do not exist yet: remove it'],
  ['promote', 'deployments do not exist yet: remove it'],
  ['rollback', 'deployments do not exist yet: remove it'],
  ['release', 'a release of a forge comes with its tag: use `tag`'],
  ['pull_request_closed', 'the end of a pull request starts no build: remove it'],
  ['pull_request_metadata', 'labels and titles of a pull request start no build: remove it'],
  ['pull-request', 'it is written `pull_request`'],
  ['merge_request', 'it is written `pull_request`, for GitLab too'],
  ['merge_request_event', 'it is written `pull_request`, for GitLab too'],
  ['pull_request_target', 'it is written `pull_request`; code of outsiders gets no secrets'],
  ['workflow_dispatch', 'it is written `manual`'],
  ['web', 'it is written `manual`'],
  ['api', 'it is written `manual`'],
  ['schedule', 'builds by the clock do not exist yet: remove it'],
]);

const pattern = word({
  charsMax: limits.patternCharsMax,
  pattern: /^[^!{}[\]\s]+$/,
  expects: 'a name, in which `*`, `**` and `?` are wildcards',
  hint: (value) =>
    value.startsWith('!')
      ? `write \`{exclude: ${printable(value.slice(1))}}\``
      : 'write alternatives as a list: `[main, "release/*"]`',
});

export interface Matcher<Item> {
  readonly include: readonly Item[] | undefined;
  readonly exclude: readonly Item[];
}

/** One value, a list of them, or `{include, exclude}`. */
function matcher<Item>(item: Shape<Item>): Shape<Matcher<Item>> {
  const many = oneOrMany(item, { max: limits.patternsMax });
  const both = record({
    include: field(many, 'At least one of these must hold.'),
    exclude: field(many, 'None of these may hold.'),
  });
  return expecting(
    `${item.expects}, a list of it, or \`{include, exclude}\``,
    either(
      mapped(many, (include): Matcher<Item> => ({ include, exclude: [] })),
      mapped(both, (value): Matcher<Item> => ({ include: value.include, exclude: value.exclude ?? [] })),
    ),
  );
}

const eventMatcher = field(
  matcher(choice(events, eventsElsewhere)),
  'What happened: `push`, `tag`, `pull_request`, `manual`.',
);
const branchMatcher = field(
  matcher(pattern),
  'Pattern of the branch; of a pull request the branch it goes to. A tag has no branch, so this does not ask it.',
);
const tagMatcher = field(matcher(pattern), 'Pattern of the tag; nothing but a tag meets it.');
const status = field(
  oneOrMany(choice(['success', 'failure']), { max: 2 }),
  'How the steps before went: `success` (nothing failed, the default), `failure`, or both.',
);

const conditionShape = record(
  { event: eventMatcher, branch: branchMatcher, tag: tagMatcher, status },
  { expects: 'a map', elsewhere: whenKeysElsewhere },
);

/** Several conditions in a list: one that holds is enough. */
export const stepConditions = oneOrMany(conditionShape, { max: limits.conditionsMax });

/** Where nothing stands before, there is no status to ask for. */
const plainCondition = record(
  { event: eventMatcher, branch: branchMatcher, tag: tagMatcher },
  { expects: 'a map', elsewhere: whenKeysElsewhere },
);
export const plainConditions = oneOrMany(plainCondition, { max: limits.conditionsMax });

export type StepCondition = ValueOf<typeof conditionShape>;
export type PlainCondition = ValueOf<typeof plainCondition>;
export type RunWhen = 'success' | 'failure' | 'always';

export type Verdict<Condition> =
  { readonly holds: true; readonly by: readonly Condition[] } | { readonly holds: false; readonly reason: string };

/** No condition at all always holds. */
export function judge<Condition extends PlainCondition>(
  conditions: readonly Condition[],
  context: CompileContext,
): Verdict<Condition> {
  const refusals: string[] = [];
  const by: Condition[] = [];
  for (const condition of conditions) {
    const refusal = refusalOf(condition, context);
    if (refusal === undefined) by.push(condition);
    else refusals.push(refusal);
  }
  if (by.length > 0 || conditions.length === 0) return { holds: true, by };
  return { holds: false, reason: `${[...new Set(refusals)].join('; ')}; this is ${describeEvent(context)}` };
}

export function runWhenOf(conditions: readonly StepCondition[]): RunWhen {
  const wanted = new Set(conditions.flatMap((condition) => condition.status ?? ['success']));
  if (!wanted.has('failure')) return 'success';
  return wanted.has('success') ? 'always' : 'failure';
}

function refusalOf(condition: PlainCondition, context: CompileContext): string | undefined {
  const { event, branch, tag } = condition;
  if (event !== undefined && !meets(event, (wanted) => wanted === context.event))
    return `runs only for ${inWords('event', event)}`;
  // As in Woodpecker, since `event: [push, tag], branch: main` is what people write for both.
  if (branch !== undefined && context.event !== 'tag') {
    const name = context.event === 'pull_request' ? context.baseBranch : context.branch;
    if (name === undefined || !meets(branch, (wanted) => globMatches(wanted, name)))
      return `runs only for ${inWords('branch', branch)}`;
  }
  if (
    tag !== undefined &&
    (context.tag === undefined || !meets(tag, (wanted) => globMatches(wanted, context.tag ?? '')))
  ) {
    return `runs only for ${inWords('tag', tag)}`;
  }
  return undefined;
}

function meets<Item>(matcher: Matcher<Item>, holds: (item: Item) => boolean): boolean {
  return (matcher.include === undefined || matcher.include.some(holds)) && !matcher.exclude.some(holds);
}

function inWords(what: string, matcher: Matcher<string>): string {
  const included = matcher.include === undefined ? '' : ` ${matcher.include.join(' or ')}`;
  const excluded = matcher.exclude.length === 0 ? '' : ` other than ${matcher.exclude.join(' or ')}`;
  return `${what}${included}${excluded}`;
}
