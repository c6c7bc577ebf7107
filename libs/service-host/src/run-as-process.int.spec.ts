import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@cyclone/testing';

const main = fileURLToPath(new URL('../dist/fixtures/spec-service.js', import.meta.url));

const project = fileURLToPath(new URL('..', import.meta.url));
const compiler = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url));

const run = (env: Record<string, string>) => {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], SPEC_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => ({ code, signal }));
  return {
    child,
    ended,
    output: () => output,
    says: (text: string) => eventually(() => expect(output).toContain(text), { timeoutMs: 10_000 }),
  };
};

describe('a service as a process', () => {
  // A process runs what is compiled, whereas this spec runs the source: they must be the same.
  beforeAll(async () => {
    await promisify(execFile)(compiler, ['-b', project]);
  }, 120_000);

  it('drains on SIGTERM and ends with 0', async () => {
    const { child, ended, says, output } = run({ SPEC_BEHAVIOUR: 'slow-stop' });
    await says('the service is ready');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(output()).toContain('the service has drained');
  });

  it('is ready on its health port, and no more while it stops', async () => {
    const { child, ended, says, output } = run({ SPEC_BEHAVIOUR: 'stuck-stop', CYCLONE_HEALTH_PORT: '0' });
    await says('the service is ready');
    const port = /"healthPort":(\d+)/.exec(output())?.[1];
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    child.kill('SIGINT');
    await says('"message":"stopping"');
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, signal: null });
  });

  it('ends at its deadline when draining does not', async () => {
    const { child, ended, says } = run({ SPEC_BEHAVIOUR: 'stuck-stop', SPEC_DRAIN_MS: '50' });
    await says('the service is ready');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 1, signal: null });
    await says('stopping took too long');
  });

  it('can be stopped before it has started', async () => {
    const { child, ended, says } = run({ SPEC_BEHAVIOUR: 'slow-start' });
    await says('waiting for ever');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['broken-start', 'cannot start'],
    ['throw', 'thrown to nobody'],
    ['reject', 'rejected to nobody'],
  ])('ends with 1 and a reason: %s', async (behaviour, reason) => {
    const { ended, output } = run({ SPEC_BEHAVIOUR: behaviour });
    expect(await ended).toEqual({ code: 1, signal: null });
    expect(output()).toContain(reason);
  });

  it('ends with 1 when it cannot stop cleanly', async () => {
    const { child, ended, says } = run({ SPEC_BEHAVIOUR: 'broken-stop' });
    await says('the service is ready');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 1, signal: null });
    await says('cannot stop');
  });

  it('tells every problem of its configuration and ends with 1', async () => {
    const { ended, output } = run({ SPEC_BEHAVIOUR: 'dance', SPEC_PORT: 'x' });
    expect(await ended).toEqual({ code: 1, signal: null });
    expect(output()).toMatch(/SPEC_BEHAVIOUR.*SPEC_PORT/);
  });
});
