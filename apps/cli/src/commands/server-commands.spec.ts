import { afterEach, describe, expect, it } from '@jest/globals';
import { CommanderError } from 'commander';
import { WebSocketServer } from 'ws';
import { runCommand, type Ran } from '../testing/fake-context.js';
import { fakeServer, type FakeServer, type Seen } from '../testing/fake-server.js';

const build = {
  id: 'b1',
  projectId: 'shop',
  number: 7,
  status: 'queued',
  trust: 'trusted',
  trigger: { kind: 'manual', ref: 'main' },
  message: 'Fix\u001b[31m prices\n\nlong text',
  authorName: 'Dana',
  ref: 'refs/heads/main',
  sha: 'a'.repeat(40),
  requestedAt: 1_000,
  streamVersion: 1,
  position: 1,
};
const view = {
  ...build,
  repositoryUrl: 'https://git.example.com/shop.git',
  problems: [],
  warnings: [],
  jobs: [],
  images: [],
};

describe('commands that talk to a server', () => {
  let server: FakeServer | undefined;
  let sockets: WebSocketServer | undefined;
  afterEach(async () => {
    for (const socket of sockets?.clients ?? []) socket.terminate();
    await server?.close();
  });

  const run = async (
    args: readonly string[],
    answer: (request: Seen) => { readonly status?: number; readonly body?: unknown },
    stdin = '',
  ): Promise<Ran> => {
    server ??= await fakeServer(answer);
    return runCommand(args, { environment: { CYCLONE_URL: server.url, CYCLONE_TOKEN: 't' }, stdin });
  };
  const answersLog = (frames: readonly object[]): void => {
    sockets = new WebSocketServer({ server: server?.http });
    sockets.on('connection', (socket) => frames.forEach((frame) => socket.send(JSON.stringify(frame))));
  };
  afterEach(() => void (server = undefined));

  it('print a table for people, which nothing in it can steer', async () => {
    const { out } = await run(['builds', 'ls', '--project', 'shop'], () => ({ body: { items: [build] } }));
    expect(out).toBe(
      'BUILD  PROJECT  #  STATE   REF   COMMIT      TOOK  MESSAGE\n' +
        'b1     shop     7  queued  main  aaaaaaaaaa        Fix�[31m prices\n',
    );
    expect(server?.seen[0]?.path).toBe('/api/v1/builds?limit=20&project=shop');
  });

  it('print what the API answered as JSON for scripts', async () => {
    const { out } = await run(['builds', 'ls', '--output', 'json'], () => ({ body: { items: [build] } }));
    expect(JSON.parse(out)).toEqual([build]);
  });

  it('follow a build that they started, and end as it ended', async () => {
    server = await fakeServer(() => ({ status: 202, body: view }));
    answersLog([{ kind: 'end', outcome: 'failed', reason: { code: 'a', message: 'test failed' }, logs: 'incomplete' }]);
    const ran = await run(['builds', 'start', 'shop', '--ref', 'main', '--follow'], () => ({}));
    expect(ran).toMatchObject({ exitCode: 1, notes: 'part of this log is missing\nfailed: test failed\n', out: '' });
    expect(server.seen).toMatchObject([{ method: 'POST', path: '/api/v1/projects/shop/builds' }]);
  });

  it('print the frames of a log as lines of JSON', async () => {
    server = await fakeServer(() => ({}));
    const end = { kind: 'end', outcome: 'succeeded', logs: 'complete' };
    answersLog([end]);
    const ran = await run(['logs', 'b1', '--output', 'json'], () => ({}));
    expect(
      ran.out
        .trim()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([end]);
    expect(ran.exitCode).toBe(0);
  });

  it('take a secret from stdin', async () => {
    const args = ['projects', 'set-secret', 'shop', 'NPM_TOKEN', '-'];
    const ran = await run(args, () => ({ body: { name: 'NPM_TOKEN', version: 2 } }), 'hunter2\n');
    expect(ran).toMatchObject({ error: undefined, out: 'NPM_TOKEN is at version 2\n' });
    expect(server?.seen).toMatchObject([
      { method: 'PUT', path: '/api/v1/projects/shop/secrets/NPM_TOKEN', body: '{"value":"hunter2"}' },
    ]);
  });

  it("end with the server's words and a code by what it refused", async () => {
    const refusal = {
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      code: 'not-found',
      detail: 'no such build',
    };
    const ran = await run(['builds', 'show', 'b9'], () => ({ status: 404, body: refusal }));
    expect(ran.error).toMatchObject({ message: 'no such build', exitCode: 5 });
  });

  it('delete only what is meant', async () => {
    const { error } = await run(['projects', 'delete', 'shop'], () => ({ status: 204 }));
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('--yes') });
    expect(server?.seen).toEqual([]);
    expect(await run(['projects', 'delete', 'shop', '--yes'], () => ({}))).toMatchObject({ out: 'shop is deleted\n' });
  });

  it.each([
    [['builds', 'show', 'a.b']],
    [['logs', 'b1', '--step', '*']],
    [['projects', 'show', 'Shop']],
    [['projects', 'set-secret', 'shop', 'no-such name', 'x']],
    [['projects', 'create', 'shop']],
    [['projects', 'create', 'shop', '--repo', 'x', '--forge', 'svn']],
    [['builds', 'ls', '--limit', '0']],
    [['tokens', 'create', 'ci', '--project', 'shop', 'Web']],
    [['tokens', 'revoke', '>']],
    [['runners', '--output', 'yaml']],
    [['bulids', 'ls']],
  ])('ask nobody when they cannot be meant like this: %j', async (args) => {
    const { error, notes, out } = await run(args, () => ({}));
    expect(error).toBeInstanceOf(CommanderError);
    expect(notes).toMatch(/^error: /);
    expect([out, server?.seen]).toEqual(['', []]);
  });
});

describe('the help', () => {
  it('goes to stdout when it was asked for, and tells the exit codes', async () => {
    const { out, notes, error } = await runCommand(['--help']);
    expect(out).toMatch(/Commands:[^]*First steps:[^]*Exit codes:\n {2}0 {2}/);
    expect([notes, error]).toEqual(['', expect.objectContaining({ exitCode: 0 })]);
  });

  it('names a command that was nearly typed', async () => {
    expect((await runCommand(['lgs'])).notes).toContain('Did you mean logs?');
  });
});
