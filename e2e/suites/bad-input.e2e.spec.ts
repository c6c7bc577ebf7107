import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProjectId, routes, type BuildView, type DeliveryView } from '@cyclone/contracts';
import { eventually, temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { WebSocket } from 'ws';
import { readFeed } from '../harness/feed.js';
import { giteaHeaders, githubHeaders, hmac, hookPath, noCommit, postHook, pushBody } from '../harness/hooks.js';
import { expectGapFreeWorld } from '../harness/invariants.js';
import { createMailbox, type Mailbox } from '../harness/mailbox.js';
import { startPlatform, type PlatformUnderTest } from '../harness/platform.js';
import { peakMebibytes, services, signalPart } from '../harness/processes.js';
import { createProject, type TestProject } from '../harness/projects.js';
import { verifyInstallation } from '../harness/verify.js';
import { badAddresses, badFiles, onePlainStep } from './bad-input.tables.js';

/**
 * Seen to fail with each of these taken out of the built services: the signature check, the limit of a body, the identity of
 * a change, the rule for [skip ci], the source policy, the Origin check, tickets that open once, the retry of a mail.
 */

const memoryMebibytesMax = 320;

let folder: TemporaryFolder;
let platform: PlatformUnderTest;
let mailbox: Mailbox;

beforeAll(async () => {
  [folder, mailbox] = await Promise.all([temporaryFolder('bad-input'), createMailbox()]);
  platform = await startPlatform({
    executor: 'scripted',
    processes: true,
    slots: 4,
    allow: [folder.path],
    smtpUrl: mailbox.url,
  });
}, 120_000);
afterAll(async () => {
  await platform.stop();
  await mailbox.close();
  await folder.dispose();
});

const deliveriesOf = async ({ id }: Pick<TestProject, 'id'>): Promise<readonly DeliveryView[]> =>
  (await platform.api.call(routes.listDeliveries, { params: { projectId: id }, query: { limit: 200 } })).items;

const judgedDeliveries = (project: TestProject, count: number): Promise<readonly DeliveryView[]> =>
  eventually(
    async () => {
      const deliveries = await deliveriesOf(project);
      expect(deliveries.map(({ verdict }) => verdict !== undefined)).toEqual(Array<boolean>(count).fill(true));
      return deliveries;
    },
    { timeoutMs: 20_000 },
  );

const buildsOf = async ({ id }: TestProject): Promise<number> =>
  (await platform.api.call(routes.listProjectBuilds, { params: { projectId: id } })).items.length;

const startBuild = (projectId: ProjectId, ref = 'main'): Promise<BuildView> =>
  platform.api.call(routes.startBuild, { params: { projectId }, body: { ref } });

describe('a webhook', () => {
  let project: TestProject;
  let other: TestProject;
  let body: string;

  beforeAll(async () => {
    [project, other] = await Promise.all([
      createProject(platform, folder.path, 'hooked', { forge: 'github' }),
      createProject(platform, folder.path, 'other', { forge: 'github' }),
    ]);
    const after = await project.repository.push({ 'cyclone.yaml': onePlainStep });
    body = JSON.stringify(pushBody({ ref: 'refs/heads/main', after }));
  }, 30_000);

  it('without the right signature is turned away, and the owner reads why', async () => {
    const good = githubHeaders(project.secret, body);
    const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{ 'x-github-event': 'push', 'x-github-delivery': 'a' }, /no X-Hub-Signature-256/],
      [{ ...good, 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, /does not match/],
      [{ ...good, 'x-hub-signature-256': '' }, /X-Hub-Signature-256/],
      [githubHeaders(other.secret, body), /does not match/],
      [githubHeaders('', body), /does not match/],
      [{ 'x-github-event': 'push', 'x-hub-signature': `sha1=${hmac('sha1', project.secret, body)}` }, /only a SHA-1/],
      [githubHeaders(project.secret, `${body} `), /does not match/],
    ];
    for (const [headers] of wrong) {
      expect((await postHook(platform, hookPath(project, 'github'), body, headers)).status).toBe(401);
    }
    const refused = await platform.api.call(routes.listRefusedDeliveries, { params: { projectId: project.id } });
    expect(refused.items.map(({ reason }) => reason).reverse()).toEqual(
      wrong.map(([, reason]) => expect.stringMatching(reason)),
    );
    expect(await deliveriesOf(project)).toEqual([]);
  });

  it('for a project that is not there answers like a wrong signature', async () => {
    const absent = { id: ProjectId.parse('absent') };
    const answer = await postHook(platform, hookPath(absent, 'github'), body, githubHeaders(project.secret, body));
    const wrong = await postHook(platform, hookPath(project, 'github'), body, githubHeaders('wrong', body));
    const comparable = ({ status, body: text }: typeof answer) => [status, text.replace(/"instance":"[^"]*"/, '')];
    expect(comparable(answer)).toEqual(comparable(wrong));
  });

  it('of 30 MB is refused before it is read, with or without a length', async () => {
    const large = Buffer.alloc(30_000_000, 'x');
    const headers = githubHeaders(project.secret, large);
    const lengths: readonly (readonly [string, string])[] = [
      ['content-length', String(large.length)],
      ['transfer-encoding', 'chunked'],
    ];
    for (const [name, value] of lengths) {
      const answer = await postHook(platform, hookPath(project, 'github'), large, { ...headers, [name]: value });
      expect(answer).toMatchObject({ status: 413, body: expect.stringContaining('too-large') });
    }
  });

  it('that is signed and still no use is kept, and says which field is wrong', async () => {
    const good = pushBody({ ref: 'refs/heads/main', after: 'a'.repeat(40) });
    const bodies: readonly (readonly [string, RegExp])[] = [
      ['{"ref": "refs/heads/main", ', /JSON/],
      ['[]', /object/],
      [JSON.stringify({ ...good, ref: 7 }), /ref/],
      [JSON.stringify({ ...good, before: { $ne: null } }), /before/],
      [JSON.stringify({ ...good, after: ['a'] }), /after/],
      [JSON.stringify({ ...good, deleted: 'no' }), /deleted/],
      [JSON.stringify({ ...good, head_commit: 'x' }), /head_commit/],
      [JSON.stringify({ ...good, pusher: 1 }), /pusher/],
      [JSON.stringify({ ...good, sender: { login: null } }), /sender/],
    ];
    for (const [text] of bodies) {
      const answer = await postHook(platform, hookPath(project, 'github'), text, githubHeaders(project.secret, text));
      expect(answer.status).toBe(202);
    }
    const verdicts = (await judgedDeliveries(project, bodies.length)).map(({ verdict }) => verdict).reverse();
    expect(verdicts).toEqual(bodies.map(([, reason]) => ({ kind: 'unusable', reason: expect.stringMatching(reason) })));
    expect(await buildsOf(project)).toBe(0);
  });

  it('sent 100 times at once makes one build, as do other deliveries of the same change', async () => {
    const before = (await deliveriesOf(project)).length;
    const headers = githubHeaders(project.secret, body);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => postHook(platform, hookPath(project, 'github'), body, headers)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(answers.filter(({ body: text }) => text.includes('"repeated":false'))).toHaveLength(1);
    await Promise.all(
      Array.from({ length: 5 }, () =>
        postHook(platform, hookPath(project, 'github'), body, githubHeaders(project.secret, body)),
      ),
    );
    const verdicts = (await judgedDeliveries(project, before + 6)).slice(0, 6).map(({ verdict }) => verdict?.kind);
    expect(verdicts.sort()).toEqual(['built', ...Array<string>(5).fill('duplicate')]);
    await eventually(async () => expect(await buildsOf(project)).toBe(1));
  }, 40_000);

  it('that asks for nothing is recorded as filtered, with the reason', async () => {
    const after = 'b'.repeat(40);
    const quiet = await createProject(platform, folder.path, 'quiet', { forge: 'github' });
    const deliveries: readonly (readonly [string, object, RegExp])[] = [
      ['ping', { zen: 'Keep it logically awesome.', hook_id: 1 }, /ping/],
      ['push', pushBody({ ref: 'refs/heads/gone', before: after, after: noCommit }), /deleted/],
      ['push', pushBody({ ref: 'refs/tags/v0', before: after, after: noCommit }), /deleted/],
      ['push', pushBody({ ref: 'refs/heads/main', after, message: 'Words only [skip ci]' }), /skip ci/],
      ['push', pushBody({ ref: 'refs/notes/commits', after }), /neither a branch nor a tag/],
      ['star', { action: 'created' }, /nobody builds for/],
    ];
    for (const [event, payload] of deliveries) {
      const text = JSON.stringify(payload);
      const headers = githubHeaders(quiet.secret, text, event);
      expect((await postHook(platform, hookPath(quiet, 'github'), text, headers)).status).toBe(202);
    }
    const verdicts = (await judgedDeliveries(quiet, deliveries.length)).map(({ verdict }) => verdict).reverse();
    expect(verdicts).toEqual(
      deliveries.map(([, , reason]) => ({ kind: 'filtered', reason: expect.stringMatching(reason) })),
    );
    expect(await buildsOf(quiet)).toBe(0);
  }, 20_000);

  it('pair of creation and push of one tag makes one build', async () => {
    const tagged = await createProject(platform, folder.path, 'tagged', { forge: 'gitea' });
    const after = await tagged.repository.push({ 'cyclone.yaml': onePlainStep });
    await tagged.repository.git('tag', 'v1.0.0');
    await tagged.repository.git('push', '--quiet', 'origin', 'v1.0.0');
    const create = JSON.stringify({ ref: 'v1.0.0', ref_type: 'tag', sha: after, repository: { id: 1 }, sender: {} });
    const push = JSON.stringify(pushBody({ ref: 'refs/tags/v1.0.0', after }));
    await Promise.all([
      postHook(platform, hookPath(tagged, 'gitea'), create, giteaHeaders(tagged.secret, create, 'create')),
      postHook(platform, hookPath(tagged, 'gitea'), push, giteaHeaders(tagged.secret, push, 'push')),
    ]);
    const verdicts = (await judgedDeliveries(tagged, 2)).map(({ verdict }) => verdict?.kind).sort();
    expect(verdicts).toEqual(['built', 'filtered']);
    await eventually(async () => expect(await buildsOf(tagged)).toBe(1));
  }, 20_000);
});

describe('a pipeline file', () => {
  it('that is wrong is rejected with the place, and the next one builds', async () => {
    const project = await createProject(platform, folder.path, 'files');
    const names = Object.keys(badFiles);
    for (const [index, name] of names.entries()) {
      await project.repository.push({ 'cyclone.yaml': badFiles[name]?.[0] ?? '' }, name, `bad-${index}`);
    }
    await project.repository.push({ 'cyclone.yaml': onePlainStep }, 'good', 'good');
    const ids = await platform.api.buildsOf(project.id, names.length + 1);
    const builds = await Promise.all(ids.map((id) => platform.api.finishedBuild(id)));
    const byMessage = new Map(builds.map((build) => [build.message, build]));
    expect(byMessage.get('good')?.outcome).toBe('succeeded');
    for (const name of names) {
      const build = builds.find((each) => each.trigger.kind === 'change' && each.trigger.change.message === name);
      expect({ name, outcome: build?.outcome }).toEqual({ name, outcome: 'rejected' });
      expect(build?.problems[0] ?? build?.reason).toMatchObject(badFiles[name]?.[1] ?? {});
    }
  }, 60_000);
});

describe('an address or a ref', () => {
  it.each(badAddresses)('%s is not cloned from, and the build says why', async (pattern, reason) => {
    const url = pattern.replaceAll('{folder}', folder.path);
    const id = ProjectId.parse(`url-${Buffer.from(pattern).toString('hex').slice(0, 40)}`);
    const made = await platform.api.fetch('/api/v1/projects', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, name: 'x', repository: { url, forge: 'generic' } }),
    });
    const answer = await made.text();
    if (made.status === 422) return expect(answer).toMatch(reason);
    expect({ status: made.status, answer }).toMatchObject({ status: 201 });
    const build = await platform.api.finishedBuild((await startBuild(id)).id);
    expect(build).toMatchObject({
      outcome: 'rejected',
      reason: { code: 'url-refused', message: expect.stringMatching(reason) },
    });
    expect(await readdir(folder.path)).not.toContain('pwned');
  });

  it('--upload-pack=x is no ref, by hand or by webhook', async () => {
    const project = await createProject(platform, folder.path, 'refs', { forge: 'github' });
    const after = await project.repository.push({ 'cyclone.yaml': onePlainStep });
    const byHand = await platform.api.fetch(`/api/v1/projects/${project.id}/builds`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ref: '--upload-pack=x' }),
    });
    expect(byHand.status).toBe(422);
    for (const ref of ['--upload-pack=x', 'refs/heads/--upload-pack=x']) {
      const text = JSON.stringify(pushBody({ ref, after }));
      await postHook(platform, hookPath(project, 'github'), text, githubHeaders(project.secret, text));
    }
    const verdicts = (await judgedDeliveries(project, 2)).map(({ verdict }) => verdict);
    for (const verdict of verdicts) {
      // The second is a name that git allows: a build that does not find it, never a program's option.
      if (verdict?.kind !== 'built') expect(verdict?.kind).toMatch(/filtered|unusable/);
      else expect(await platform.api.finishedBuild(verdict.buildId)).toMatchObject({ status: 'finished' });
    }
  }, 20_000);

  it('with dots, wildcards and slashes in the place of an id is nobody', async () => {
    for (const id of ['a.b', '*', '>', 'a%2Fb', '..%2f..', 'a%00b', '%F0%9F', 'build.>', '{$ne:1}']) {
      for (const path of [`/api/v1/projects/${id}`, `/api/v1/builds/${id}`, `/api/v1/builds/${id}/logs/${id}`]) {
        const { status } = await rawGet(path);
        expect({ path, status }).toEqual({ path, status: expect.any(Number) });
        expect([400, 404, 422]).toContain(status);
      }
      expect((await postHook(platform, `/hooks/${id}/github`, '{}', {})).status).toBeGreaterThanOrEqual(400);
    }
  });
});

/** As it stands: `fetch` would tidy the path up. */
async function rawGet(path: string): Promise<{ status: number | undefined }> {
  const { hostname, port } = new URL(platform.url);
  const asking = request({ hostname, port, path, headers: { authorization: `Bearer ${platform.token}` } });
  asking.end();
  const [response]: IncomingMessage[] = await once(asking, 'response');
  response?.resume();
  return { status: response?.statusCode };
}

/** How the server answers the wish for a socket: 101, or what it says instead. */
async function openSocket(path: string, headers: Readonly<Record<string, string>>): Promise<WebSocket | number> {
  const socket = new WebSocket(`${platform.url.replace(/^http/, 'ws')}${path}`, { headers });
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', reject);
  });
}

describe('a socket or a token', () => {
  it('opens for no page of another origin', async () => {
    const authorization = `Bearer ${platform.token}`;
    for (const origin of ['https://evil.example', 'null', 'file://', `${platform.url}.evil.example`]) {
      expect(await openSocket('/api/v1/events', { authorization, origin })).toBe(403);
    }
    const own = await openSocket('/api/v1/events', { authorization, origin: platform.url });
    if (typeof own === 'number') throw new Error(`the own origin was answered with ${own}`);
    own.terminate();
  });

  it('opens nothing without a token, or with a ticket twice', async () => {
    expect(await openSocket('/api/v1/events', {})).toBe(401);
    expect(await openSocket('/api/v1/events', { authorization: 'Bearer nothing' })).toBe(401);
    const { ticket } = await platform.api.call(routes.makeTicket, {});
    const first = await openSocket(`/api/v1/events?ticket=${ticket}`, {});
    if (typeof first === 'number') throw new Error(`the ticket was answered with ${first}`);
    expect(await openSocket(`/api/v1/events?ticket=${ticket}`, {})).toBe(401);
    first.terminate();
  });

  it('that is revoked opens nothing any more, and its open socket is cut', async () => {
    const { token, id } = await platform.api.call(routes.issueToken, {
      body: { name: 'revoked', scope: { role: 'viewer', projects: '*' } },
    });
    const authorization = `Bearer ${token}`;
    const socket = await openSocket('/api/v1/events', { authorization });
    if (typeof socket === 'number') throw new Error(`the token was answered with ${socket}`);
    const closed = once(socket, 'close');
    await platform.api.call(routes.revokeToken, { params: { tokenId: id } });
    expect((await closed)[0]).toBe(4401);
    expect((await platform.api.fetch('/api/v1/projects', { headers: { authorization } })).status).toBe(401);
  });
});

describe('what is away or full', () => {
  it('a runner that takes nothing: builds wait, none is lost, and the API answers', async () => {
    const project = await createProject(platform, folder.path, 'crowd');
    await project.repository.push({ 'cyclone.yaml': onePlainStep });
    const [first] = await platform.api.buildsOf(project.id, 1);
    if (first === undefined) throw new Error('no build');
    await platform.api.finishedBuild(first);
    await signalPart(platform, 'runner-svc', 'SIGSTOP');
    try {
      const started = await Promise.all(Array.from({ length: 30 }, () => startBuild(project.id)));
      await eventually(
        async () => {
          const waiting = await platform.api.call(routes.listBuilds, {
            query: { project: project.id, status: 'queued', limit: 200 },
          });
          // What the pool had announced as free is offered already, and may count as queued or not.
          expect(waiting.items.length).toBeGreaterThanOrEqual(started.length - 4);
        },
        { timeoutMs: 30_000 },
      );
    } finally {
      await signalPart(platform, 'runner-svc', 'SIGCONT');
    }
    const ids = await platform.api.buildsOf(project.id, 31);
    const builds = await Promise.all(ids.map((id) => platform.api.finishedBuild(id)));
    expect(new Set(builds.map(({ outcome }) => outcome))).toEqual(new Set(['succeeded']));
  }, 90_000);

  it('a mail server: the failed try is recorded, and the mail comes once it is back', async () => {
    const recipients = ['one@example.com', 'two@example.com'];
    const project = await createProject(platform, folder.path, 'mails', { mail: [{ when: 'always', recipients }] });
    await project.repository.push({ 'cyclone.yaml': onePlainStep });
    const [buildId] = await platform.api.buildsOf(project.id, 1);
    if (buildId === undefined) throw new Error('no build');
    expect((await platform.api.finishedBuild(buildId)).outcome).toBe('succeeded');
    await eventually(
      async () => {
        const failed = (await readFeed(platform)).filter(({ type }) => type === 'NoticeFailed');
        expect(failed).toEqual(recipients.map(() => expect.objectContaining({ tenant: project.id })));
      },
      { timeoutMs: 20_000, intervalMs: 200 },
    );
    await mailbox.open();
    await eventually(() => expect(mailbox.received.map(({ recipient }) => recipient).sort()).toEqual(recipients), {
      timeoutMs: 40_000,
    });
  }, 90_000);

  it('leaves every service alive and small, and the world gap-free', async () => {
    for (const service of services) {
      const mebibytes = peakMebibytes(await platform.pidOf(service));
      expect({ service, small: mebibytes < memoryMebibytesMax, mebibytes }).toMatchObject({ small: true });
    }
    expect(platform.said()).not.toMatch(/ended/);
    await expectGapFreeWorld(platform);
    const { ok, findings } = await verifyInstallation(platform, { settledSeconds: 0 });
    expect({ ok, findings }).toEqual({ ok: true, findings: [] });
  }, 30_000);
});
