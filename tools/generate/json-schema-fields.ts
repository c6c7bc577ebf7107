import { z } from 'zod';

/** The part of JSON Schema that zod writes for the shapes of contracts. */
const JsonSchemaNode = z.object({
  $ref: z.string().optional(),
  type: z.string().optional(),
  pattern: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), JsonSchemaNode).optional();
  },
  get items() {
    return JsonSchemaNode.optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), JsonSchemaNode]).optional();
  },
  get oneOf() {
    return z.array(JsonSchemaNode).optional();
  },
  get anyOf() {
    return z.array(JsonSchemaNode).optional();
  },
  get $defs() {
    return z.record(z.string(), JsonSchemaNode).optional();
  },
});
export type JsonSchemaNode = z.infer<typeof JsonSchemaNode>;

export const parseJsonSchema = (schema: unknown): JsonSchemaNode => JsonSchemaNode.parse(schema);

export interface Field {
  /** `change.pullRequest.number`; `jobs[].steps[].id` within lists. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  /** Where a shape has variants: which ones have this field. */
  readonly when?: string;
}

/** Every field of an object, nested ones under their path; shapes with a name of their own are only named. */
export function fieldsOf(schema: JsonSchemaNode, prefix = ''): Field[] {
  const variants = objectVariants(schema);
  if (variants !== undefined) return fieldsOfVariants(variants, prefix);
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    const required = schema.required?.includes(name) ?? false;
    const inner = value.type === 'array' && value.items !== undefined ? value.items : value;
    const nested = fieldsOf(inner, inner === value ? `${path}.` : `${path}[].`);
    return [{ path, type: typeOf(value), required }, ...nested];
  });
}

/** How a value is written in a table's cell. Links go to the heading of a named shape. */
export function typeOf(schema: JsonSchemaNode): string {
  if (schema.$ref !== undefined) return linkTo(nameOfRef(schema.$ref));
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(' or ');
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) {
    return objectVariants(schema) === undefined ? alternatives.map(typeOf).join(' or ') : 'object, one of several';
  }
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`;
  if (schema.type === 'object') {
    if (schema.properties !== undefined) return 'object';
    return typeof schema.additionalProperties === 'object' ? `map to ${typeOf(schema.additionalProperties)}` : 'object';
  }
  if (schema.type === 'integer' || schema.type === 'number') return `${schema.type}${lowestOf(schema)}`;
  return schema.type ?? 'anything';
}

/** The names of shapes that a schema refers to, however deep. */
export function referencesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    if (key === '$defs') return [];
    return key === '$ref' && typeof value === 'string' ? [nameOfRef(value)] : referencesOf(value);
  });
}

export const linkTo = (shape: string): string => `[${shape}](#${shape.toLowerCase()})`;

const nameOfRef = (ref: string): string => ref.replace('#/$defs/', '');

const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

function lowestOf({ minimum, exclusiveMinimum }: JsonSchemaNode): string {
  const lowest = exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 1;
  return lowest === undefined || lowest < 0 ? '' : ` from ${lowest}`;
}

/** The alternatives, where all of them are objects. */
function objectVariants(schema: JsonSchemaNode): readonly JsonSchemaNode[] | undefined {
  const alternatives = schema.oneOf ?? schema.anyOf;
  return alternatives?.every(({ properties }) => properties !== undefined) === true ? alternatives : undefined;
}

function fieldsOfVariants(variants: readonly JsonSchemaNode[], prefix: string): Field[] {
  const [first] = variants;
  const tag = Object.keys(first?.properties ?? {}).find((name) =>
    variants.every(({ properties }) => properties?.[name]?.const !== undefined),
  );
  const rows = new Map<string, Field>();
  for (const variant of variants) {
    const label = tag === undefined ? undefined : code(variant.properties?.[tag]?.const);
    for (const field of fieldsOf(variant, prefix)) {
      if (field.path === `${prefix}${tag}`) continue;
      const key = `${field.path} ${field.type} ${field.required}`;
      const when = [rows.get(key)?.when, label].filter((part) => part !== undefined).join(' or ');
      rows.set(key, when === '' ? field : { ...field, when });
    }
  }
  if (tag === undefined) return [...rows.values()];
  const kinds = variants.map(({ properties }) => code(properties?.[tag]?.const)).join(' or ');
  return [
    { path: `${prefix}${tag}`, type: kinds, required: true },
    ...[...rows.values()].map((field) => (field.when === kinds ? { ...field, when: undefined } : field)),
  ];
}
