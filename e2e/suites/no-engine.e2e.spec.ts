import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '@cyclone/local-servers';
import { temporaryFolder } from '@cyclone/testing';

const commandPath = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

const cyclone = (args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [commandPath, ...args],
      { timeout: 60_000, env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment } },
      (_, stdout, stderr) => resolve({ code: child.exitCode, said: `${stdout}${stderr}` }),
    );
  });

/** Seen to fail with the search for an engine taken out: the platform came up, and every build waited for a runner. */
describe('a machine whose Docker Engine does not answer', () => {
  it('is told so when the platform starts, with what to do, and nothing is left running', async () => {
    await using folder = await temporaryFolder('no-engine');
    const { code, said } = await cyclone(
      ['up', '--data', join(folder.path, 'data'), '--port', String(await freePort())],
      {
        DOCKER_HOST: `unix://${folder.path}/nobody.sock`,
        XDG_CONFIG_HOME: folder.path,
      },
    );
    expect(said).toMatch(/Docker/);
    expect(said).toContain('nobody.sock');
    expect(said).not.toMatch(/\n\s+at .+:\d+:\d+/);
    expect(code).toBeGreaterThan(0);
  }, 90_000);

  it('is shown by the doctor, with the command that mends it', async () => {
    const { code, said } = await cyclone(['doctor', '--output', 'json'], { DOCKER_HOST: 'unix:///nobody.sock' });
    const parts = JSON.parse(said) as { name: string; state: string; remedy?: string }[];
    expect(parts.find(({ name }) => name === 'docker-engine')).toMatchObject({
      state: expect.stringMatching(/missing|broken/),
      remedy: expect.any(String),
    });
    expect(code).toBe(1);
  }, 60_000);
});
