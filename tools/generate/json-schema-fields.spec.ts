import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { fieldsOf, parseJsonSchema, typeOf } from './json-schema-fields.ts';

const fieldsOfShape = (shape: z.ZodType) => fieldsOf(parseJsonSchema(z.toJSONSchema(shape)));
const typeOfShape = (shape: z.ZodType) => typeOf(parseJsonSchema(z.toJSONSchema(shape)));

describe('the fields of a shape', () => {
  test('nested objects and lists are told by their path', () => {
    const shape = z.object({
      jobs: z.array(z.object({ id: z.string() })),
      commit: z.object({ at: z.int() }).optional(),
    });
    expect(fieldsOfShape(shape).map(({ path, required }) => [path, required])).toEqual([
      ['jobs', true],
      ['jobs[].id', true],
      ['commit', false],
      ['commit.at', true],
    ]);
  });

  test('variants are one table: the tag with its values, and when a field is there', () => {
    const shape = z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('built'), at: z.string(), buildId: z.string() }),
      z.object({ kind: z.literal('filtered'), at: z.string(), reason: z.string() }),
      z.object({ kind: z.literal('unusable'), at: z.string(), reason: z.string() }),
    ]);
    expect(fieldsOfShape(shape).map(({ path, type, when }) => [path, type, when])).toEqual([
      ['kind', '`built` or `filtered` or `unusable`', undefined],
      ['at', 'string', undefined],
      ['buildId', 'string', '`built`'],
      ['reason', 'string', '`filtered` or `unusable`'],
    ]);
  });

  test.each([
    [z.enum(['push', 'tag']), '`push` or `tag`'],
    [z.int().positive(), 'integer from 1'],
    [z.int(), 'integer'],
    [z.array(z.boolean()), 'list of boolean'],
    [z.record(z.string(), z.string()), 'map to string'],
    [z.union([z.literal('*'), z.array(z.string())]), '`*` or list of string'],
    [z.unknown(), 'anything'],
  ])('a type is written in words', (shape, words) => {
    expect(typeOfShape(shape)).toBe(words);
  });

  test('a shape with a name of its own is linked, not repeated', () => {
    const metadata = z.registry<{ id: string }>();
    const actor = z.object({ kind: z.string() }).register(metadata, { id: 'Actor' });
    const schema = parseJsonSchema(z.toJSONSchema(z.object({ actor, others: z.array(actor) }), { metadata }));
    expect(fieldsOf(schema).map(({ path, type }) => [path, type])).toEqual([
      ['actor', '[Actor](#actor)'],
      ['others', 'list of [Actor](#actor)'],
    ]);
  });
});
