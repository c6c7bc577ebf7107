import { describe, expect, test } from '@jest/globals';
import { readEnvironment } from './environment.js';
import { dockerOptions } from './servers/docker-endpoint.js';

describe('the environment', () => {
  test('has a place for everything when nothing is said', () => {
    const environment = readEnvironment({ HOME: '/home/x', PATH: '/usr/bin::/bin' });
    expect(environment).toMatchObject({
      toolsDir: '/home/x/.cache/cyclone/tools',
      stateDir: '/home/x/.local/state/cyclone',
      mayInstall: true,
      dockerHost: undefined,
    });
    expect(environment.path.slice(0, 2)).toEqual(['/usr/bin', '/bin']);
    expect(environment.path).toContain('/usr/sbin');
  });

  test.each([
    ['1', false],
    ['true', false],
    ['', true],
    ['0', true],
    ['false', true],
  ])('CYCLONE_NO_INSTALL=%j: may install is %s', (value, mayInstall) => {
    expect(readEnvironment({ CYCLONE_NO_INSTALL: value }).mayInstall).toBe(mayInstall);
  });
});

describe('a Docker endpoint', () => {
  test.each([
    ['unix:///run/user/1/docker.sock', { socketPath: '/run/user/1/docker.sock' }],
    ['tcp://10.0.0.1:2375', { protocol: 'http', host: '10.0.0.1', port: 2375 }],
    ['tcp://engine', { protocol: 'http', host: 'engine', port: 2375 }],
    ['https://engine', { protocol: 'https', host: 'engine', port: 2376 }],
  ])('%s', (endpoint, options) => {
    expect(dockerOptions(endpoint, '')).toEqual(options);
  });

  test('of an unknown kind is refused by name', () => {
    expect(() => dockerOptions('ssh://engine', '')).toThrow('not ssh://');
  });
});
