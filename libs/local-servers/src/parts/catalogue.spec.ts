import { describe, expect, test } from '@jest/globals';
import { catalogue } from './catalogue.js';
import { parseOsRelease } from './machine.js';
import { MissingPartError } from './missing-part-error.js';
import type { Machine, PartName } from './part.js';

const debian: Machine = {
  platform: 'linux',
  arch: 'x64',
  isRoot: true,
  distribution: 'debian',
  distributionVersion: '12',
};

function archiveUrl(name: PartName, machine: Machine): string | undefined {
  for (const strategy of catalogue[name].strategies) {
    if (strategy.kind === 'download') return strategy.archiveUrl(machine);
  }
  throw new Error(`${name} is not downloaded`);
}

describe('the catalogue of parts', () => {
  test.each<[string, Partial<Machine>, string | undefined]>([
    ['Debian 12', {}, 'linux/mongodb-linux-x86_64-debian12-8.0.4.tgz'],
    ['Debian 11', { distributionVersion: '11' }, 'linux/mongodb-linux-x86_64-ubuntu2204-8.0.4.tgz'],
    [
      'Ubuntu 24.04 on ARM',
      { distribution: 'ubuntu', distributionVersion: '24.04', arch: 'arm64' },
      'linux/mongodb-linux-aarch64-ubuntu2404-8.0.4.tgz',
    ],
    ['macOS on ARM', { platform: 'darwin', arch: 'arm64' }, 'osx/mongodb-macos-arm64-8.0.4.tgz'],
    ['Alpine, which has another C library', { distribution: 'alpine' }, undefined],
    ['Windows', { platform: 'win32' }, undefined],
  ])('chooses the MongoDB build for %s', (_label, machine, expected) => {
    const url = expected === undefined ? undefined : `https://fastdl.mongodb.org/${expected}`;
    expect(archiveUrl('mongod', { ...debian, ...machine })).toBe(url);
  });

  test('asks for the checksum of the very archive', () => {
    for (const strategy of catalogue['nats-server'].strategies) {
      if (strategy.kind !== 'download') continue;
      const url = strategy.archiveUrl(debian) ?? '';
      expect(url).toMatch(/nats-server-v2\.15\.2-linux-amd64\.tar\.gz$/);
      expect(strategy.checksumsUrl(url)).toMatch(/\/v2\.15\.2\/SHA256SUMS$/);
    }
  });

  test.each(Object.values(catalogue))('$name has a way that needs no vendor host, and a remedy', (part) => {
    expect(part.strategies.some(({ kind }) => kind !== 'download')).toBe(true);
    expect(new MissingPartError(part, debian, ['a reason']).message).toContain(part.remedy.linux);
  });

  test('a missing part is named with its reasons and the command for this platform', () => {
    const error = new MissingPartError(catalogue['redis-server'], { ...debian, platform: 'darwin' }, ['no network']);
    expect(error.message).toBe(
      'redis-server is missing (Redis: cache shared by several gateways).\n  - no network\n  Get it with: brew install redis',
    );
  });
});

describe('os-release', () => {
  test('is read with and without quotes', () => {
    const values = parseOsRelease('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n# comment\n');
    expect([values.get('ID'), values.get('VERSION_ID')]).toEqual(['debian', '12']);
  });
});
