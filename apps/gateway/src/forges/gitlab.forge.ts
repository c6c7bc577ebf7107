import { z } from 'zod';
import type { Forge, Headers, Reading, Signature } from './forge.js';
import {
  commitOrNone,
  cut,
  cutOrNone,
  epochOf,
  filtered,
  isBranchRef,
  isTagRef,
  parseBody,
  readChange,
  unusable,
  withPayload,
} from './reading.js';
import { bodyDigest, equalInConstantTime, good, hmacBase64, refused } from './signature.js';

const Commit = z.object({
  id: z.string(),
  message: z.string().nullish(),
  timestamp: z.string().nullish(),
  url: z.string().nullish(),
  author: z.object({ name: z.string().nullish(), email: z.string().nullish() }).nullish(),
});

const Push = z.object({
  ref: z.string(),
  before: z.string(),
  after: z.string(),
  checkout_sha: z.string().nullish(),
  message: z.string().nullish(),
  user_name: z.string().nullish(),
  user_username: z.string().nullish(),
  user_email: z.string().nullish(),
  commits: z.array(Commit),
});

const MergeRequest = z.object({
  user: z.object({ username: z.string(), name: z.string().nullish() }),
  object_attributes: z.object({
    iid: z.number(),
    action: z.string().nullish(),
    state: z.string().nullish(),
    /** Only with new commits: an update of the title or labels has none. */
    oldrev: z.string().nullish(),
    title: z.string(),
    url: z.string().nullish(),
    target_branch: z.string(),
    source_project_id: z.number().nullable(),
    target_project_id: z.number(),
    last_commit: Commit,
  }),
});

const Kind = z.object({ object_kind: z.string() });

const readPush = (push: z.output<typeof Push>): Reading => {
  const after = commitOrNone(push.after);
  if (after === undefined) return filtered(`${push.ref} was deleted`);
  if (!isTagRef(push.ref) && !isBranchRef(push.ref)) return filtered(`${push.ref} is neither a branch nor a tag`);
  const sha = commitOrNone(push.checkout_sha) ?? after;
  const head = push.commits.find((commit) => commit.id === sha) ?? push.commits.at(-1);
  return readChange({
    kind: isTagRef(push.ref) ? 'tag' : 'push',
    ref: push.ref,
    before: commitOrNone(push.before),
    after: sha,
    message: cut(head?.message ?? push.message, 65_536),
    author: {
      name: cut(head?.author?.name ?? push.user_name ?? push.user_username, 200),
      email: cutOrNone(head?.author?.email ?? push.user_email, 320),
    },
    sender: cutOrNone(push.user_username, 200),
    committedAt: epochOf(head?.timestamp),
    url: cutOrNone(head?.url, 2000),
  });
};

const readMergeRequest = ({ user, object_attributes: request }: z.output<typeof MergeRequest>): Reading => {
  const action = request.action ?? 'none';
  const hasNewCode =
    action === 'open' || action === 'reopen' || (action === 'update' && commitOrNone(request.oldrev) !== undefined);
  if (!hasNewCode)
    return filtered(`merge request: nobody builds for the action ${cut(action, 100)} without new commits`);
  if (request.state !== undefined && request.state !== null && request.state !== 'opened') {
    return filtered(`merge request: it is ${cut(request.state, 100)}`);
  }
  const commit = request.last_commit;
  return readChange({
    kind: 'pull_request',
    ref: `refs/merge-requests/${request.iid}/head`,
    before: commitOrNone(request.oldrev),
    after: commit.id.toLowerCase(),
    message: cut(commit.message ?? request.title, 65_536),
    author: { name: cut(commit.author?.name ?? user.username, 200), email: cutOrNone(commit.author?.email, 320) },
    sender: cutOrNone(user.username, 200),
    committedAt: epochOf(commit.timestamp),
    url: cutOrNone(request.url, 2000),
    pullRequest: {
      number: request.iid,
      title: cut(request.title, 1000),
      baseRef: `refs/heads/${request.target_branch}`,
      fromFork: request.source_project_id !== request.target_project_id,
    },
  });
};

const signedWindowMs = 5 * 60_000;

/** Standard Webhooks: base64 HMAC of `id.timestamp.body`; the header lists one signature per key that is in use. */
const verifySigned = (body: Uint8Array, headers: Headers, secret: string, nowMs: number): Signature => {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  if (!id || !timestamp || !/^\d{1,12}$/.test(timestamp))
    return refused('webhook-signature came without webhook-id and webhook-timestamp');
  if (Math.abs(nowMs - Number(timestamp) * 1000) > signedWindowMs)
    return refused('webhook-timestamp is more than five minutes off');
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const expected = `v1,${hmacBase64(key, id, '.', timestamp, '.', body)}`;
  const signatures = (headers['webhook-signature'] ?? '').split(' ').slice(0, 10);
  return signatures.filter((signature) => equalInConstantTime(signature, expected)).length > 0
    ? good
    : refused('webhook-signature does not match: is the secret the one of this project?');
};

const verify: Forge['verify'] = ({ body, headers, secret, nowMs }) => {
  if (secret === '') return refused('the project has no webhook secret');
  if (headers['webhook-signature'] !== undefined) return verifySigned(body, headers, secret, nowMs);
  const token = headers['x-gitlab-token'];
  if (token === undefined)
    return refused('neither X-Gitlab-Token nor webhook-signature came: is a secret set at the forge?');
  return equalInConstantTime(token, secret) ? good : refused('X-Gitlab-Token is not the secret of this project');
};

const identify: Forge['identify'] = ({ body, headers }) => {
  const named = headers['webhook-id'] ?? headers['idempotency-key'];
  // One event UUID may span several hooks, so the body tells them apart.
  const uuid = headers['x-gitlab-event-uuid'];
  const derived = uuid === undefined ? bodyDigest(body) : `${cut(uuid, 100)}.${bodyDigest(body).slice(0, 16)}`;
  return { deliveryId: cut(named, 200) || derived, kind: cut(headers['x-gitlab-event'], 100) || 'unknown' };
};

export const gitlabForge: Forge = {
  kind: 'gitlab',
  keptHeaders: [
    'content-type',
    'user-agent',
    'x-gitlab-event',
    'x-gitlab-event-uuid',
    'x-gitlab-webhook-uuid',
    'x-gitlab-instance',
    'idempotency-key',
    'webhook-id',
    'webhook-timestamp',
  ],
  verify,
  identify,
  read: ({ body, headers }) => {
    const parsed = parseBody(body, headers);
    if ('problem' in parsed) return parsed.problem;
    return withPayload(Kind, parsed.value, ({ object_kind: kind }) => {
      switch (kind) {
        case 'push':
        case 'tag_push':
          return withPayload(Push, parsed.value, readPush);
        case 'merge_request':
          return withPayload(MergeRequest, parsed.value, readMergeRequest);
        case '':
          return unusable('body.object_kind: empty');
        default:
          return filtered(`nobody builds for the event ${cut(kind, 100)}`);
      }
    });
  },
};
