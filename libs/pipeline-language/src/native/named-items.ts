import type { ProblemReport } from '../problems/problem-report.js';
import { quoted } from '../problems/printable.js';
import { listOf } from '../shape/lists.js';
import { dictionary, type Named, type RecordPlace } from '../shape/maps.js';
import { either, expecting, mapped, type Located, type Shape } from '../shape/shape.js';

interface Item {
  readonly name?: Located<string>;
  readonly place: RecordPlace;
}

interface NamedRules {
  readonly max: number;
  readonly min?: number;
  readonly expects: string;
  readonly keyPattern: RegExp;
  readonly keyExpects: string;
  /** The name of what has none, by its place in the list, counted from 1. */
  readonly fallback: (number: number) => string;
}

/** Things with names: a list in which each has a `name`, or a map by name. Both mean the same. */
export function namedItems<Content extends Item>(item: Shape<Content>, rules: NamedRules): Shape<Named<Content>[]> {
  const list = mapped(listOf(item, rules), (contents) =>
    contents.map((value, index) => nameOf(value, rules.fallback(index + 1))),
  );
  const map = mapped(dictionary(item, rules), (entries, _node, report) => {
    for (const entry of entries) if (entry.value.name !== undefined) reportSecondName(entry, report);
    return entries;
  });
  return expecting(rules.expects, either(list, map));
}

function nameOf<Content extends Item>(value: Content, fallback: string): Named<Content> {
  return {
    name: value.name?.value ?? fallback,
    nameSpan: value.name?.span ?? { start: value.place.span.start, end: value.place.span.start + 1 },
    value,
  };
}

function reportSecondName(entry: Named<Item>, report: ProblemReport): void {
  report.error(
    'name-twice',
    entry.value.place.keySpan('name'),
    `${quoted(entry.name)} has its name already, as the key of the map`,
    'remove `name`, or write a list',
  );
}

/** Names are how things refer to each other, so each is given once. */
export function reportDuplicateNames(items: readonly Named<unknown>[], what: string, report: ProblemReport): void {
  const lines = new Map<string, number>();
  for (const { name, nameSpan } of items) {
    const first = lines.get(name);
    if (first !== undefined)
      report.error(
        'duplicate-name',
        nameSpan,
        `there are two ${what} called ${quoted(name)}; the first is in line ${first}`,
        'give one of them another name',
      );
    else lines.set(name, report.source.positionOf(nameSpan.start).line);
  }
}
