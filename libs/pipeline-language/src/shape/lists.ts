import { either, expecting, mapped, reportWrongType, type Shape } from './shape.js';

interface ListRules {
  readonly max: number;
  readonly min?: number;
}

export function listOf<Item>(item: Shape<Item>, rules: ListRules): Shape<Item[]> {
  const expects = `a list`;
  const min = rules.min ?? 0;
  return {
    expects,
    kinds: ['list'],
    schema: { type: 'array', items: item.schema, maxItems: rules.max, ...(min > 0 ? { minItems: min } : {}) },
    read(node, label, report) {
      if (node.kind !== 'list') return reportWrongType(node, label, expects, report);
      if (node.items.length < min)
        report.error('too-few', node.span, `${label} is an empty list`, 'remove it if it is not needed');
      if (node.items.length > rules.max) {
        report.error(
          'too-many',
          node.span,
          `${label} has ${node.items.length} entries; at most ${rules.max} are allowed`,
        );
        return undefined;
      }
      return node.items
        .map((each) => item.read(each, `an entry of ${label}`, report))
        .filter((value) => value !== undefined);
    },
  };
}

/** A list, or its only item without the list around it. */
export function oneOrMany<Item>(item: Shape<Item>, rules: ListRules): Shape<Item[]> {
  const single = mapped(item, (value) => [value]);
  return expecting(`${item.expects}, or a list of it`, either(single, listOf(item, { min: 1, ...rules })));
}
