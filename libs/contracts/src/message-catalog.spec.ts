import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  currentDefinition,
  eventCatalog,
  readEventData,
  UnknownEventTypeError,
  UnknownEventVersionError,
  upcasters,
} from './message-catalog.js';

const folder = join(import.meta.dirname, '../fixtures');
const fixture = (type: string, version: number): unknown =>
  JSON.parse(readFileSync(join(folder, `${type}.v${version}.json`), 'utf8'));

/** A golden file is what was once stored: never edited after it was merged. */
describe('the event catalogue', () => {
  it('has exactly one golden file for each type and version', () => {
    const names = eventCatalog.map(({ type, version }) => `${type}.v${version}.json`);
    expect(readdirSync(folder).toSorted()).toEqual(names.toSorted());
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(eventCatalog.map(({ type, version }) => [type, version] as const))(
    'reads the golden %s of version %i',
    (type, version) => {
      const golden = fixture(type, version);
      const definition = eventCatalog.find((entry) => entry.type === type && entry.version === version);
      expect(definition?.schema.parse(golden)).toEqual(golden);
      const current = readEventData(type, version, golden);
      expect(currentDefinition(type).schema.parse(current)).toEqual(current);
    },
  );

  it('leads every old version to the current one, step by step', () => {
    for (const { type, version } of eventCatalog) {
      for (let at = version; at < currentDefinition(type).version; at += 1)
        expect([...upcasters.keys()]).toContain(`${type}.${at}`);
    }
  });

  it('tells an unknown type from an unknown version, and both from damaged data', () => {
    expect(() => readEventData('SecretEaten', 1, {})).toThrow(UnknownEventTypeError);
    expect(() => currentDefinition('SecretEaten')).toThrow(UnknownEventTypeError);
    expect(() => readEventData('SecretSet', 2, fixture('SecretSet', 1))).toThrow(UnknownEventVersionError);
    expect(() => readEventData('SecretSet', 0, fixture('SecretSet', 1))).toThrow(UnknownEventVersionError);
    expect(() => readEventData('SecretSet', 1, { name: 'NPM_TOKEN' })).toThrow(
      expect.objectContaining({ name: 'ZodError' }),
    );
  });
});
