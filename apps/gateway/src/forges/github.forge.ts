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
  ping,
  readChange,
  unusable,
  withPayload,
} from './reading.js';
import { bodyDigest, equalInConstantTime, good, hmacHex, refused } from './signature.js';

const Person = z.object({ name: z.string().nullish(), email: z.string().nullish(), username: z.string().nullish() });
const Sender = z.object({ login: z.string() });

const Push = z.object({
  ref: z.string(),
  before: z.string(),
  after: z.string(),
  deleted: z.boolean().optional(),
  compare: z.string().nullish(),
  head_commit: z
    .object({
      id: z.string(),
      message: z.string(),
      timestamp: z.string().nullish(),
      author: Person,
      url: z.string().nullish(),
    })
    .nullish(),
  pusher: z.object({ name: z.string().nullish(), email: z.string().nullish() }).nullish(),
  sender: Sender.nullish(),
});

const Repo = z.object({ id: z.number() });
const PullRequestEvent = z.object({
  action: z.string(),
  number: z.number(),
  before: z.string().nullish(),
  pull_request: z.object({
    title: z.string(),
    html_url: z.string().nullish(),
    user: Sender,
    head: z.object({ sha: z.string(), repo: Repo.nullable() }),
    base: z.object({ ref: z.string(), repo: Repo }),
  }),
  sender: Sender.nullish(),
});

const builtActions = new Set(['opened', 'synchronize', 'reopened']);

const readPush = (push: z.output<typeof Push>): Reading => {
  const after = commitOrNone(push.after);
  if (push.deleted === true || after === undefined) return filtered(`${push.ref} was deleted`);
  if (!isTagRef(push.ref) && !isBranchRef(push.ref)) return filtered(`${push.ref} is neither a branch nor a tag`);
  const head = push.head_commit;
  return readChange({
    kind: isTagRef(push.ref) ? 'tag' : 'push',
    ref: push.ref,
    before: commitOrNone(push.before),
    // An annotated tag's `after` is the tag object; the commit is what gets built.
    after: commitOrNone(head?.id) ?? after,
    message: cut(head?.message, 65_536),
    author: {
      name: cut(head?.author.name ?? push.pusher?.name ?? push.sender?.login, 200),
      email: cutOrNone(head?.author.email ?? push.pusher?.email, 320),
      login: cutOrNone(head?.author.username, 200),
    },
    sender: cutOrNone(push.sender?.login, 200),
    committedAt: epochOf(head?.timestamp),
    url: cutOrNone(head?.url ?? push.compare, 2000),
  });
};

const readPullRequest = (event: z.output<typeof PullRequestEvent>): Reading => {
  if (!builtActions.has(event.action))
    return filtered(`pull request: nobody builds for the action ${cut(event.action, 100)}`);
  const request = event.pull_request;
  return readChange({
    kind: 'pull_request',
    ref: `refs/pull/${event.number}/head`,
    before: commitOrNone(event.before),
    after: request.head.sha.toLowerCase(),
    message: cut(request.title, 65_536),
    author: { name: cut(request.user.login, 200), login: cut(request.user.login, 200) },
    sender: cutOrNone(event.sender?.login, 200),
    url: cutOrNone(request.html_url, 2000),
    pullRequest: {
      number: event.number,
      title: cut(request.title, 1000),
      baseRef: `refs/heads/${request.base.ref}`,
      // A head repository that is gone was a fork: nobody can delete the base and keep the request.
      fromFork: request.head.repo === null || request.head.repo.id !== request.base.repo.id,
    },
  });
};

const verify = ({ body, headers, secret }: { body: Uint8Array; headers: Headers; secret: string }): Signature => {
  if (secret === '') return refused('the project has no webhook secret');
  const header = headers['x-hub-signature-256'];
  if (header === undefined) {
    return refused(
      headers['x-hub-signature'] === undefined
        ? 'no X-Hub-Signature-256 header: is a secret set at the forge?'
        : 'only a SHA-1 signature (X-Hub-Signature) came; X-Hub-Signature-256 is needed',
    );
  }
  return equalInConstantTime(header, `sha256=${hmacHex(secret, body)}`)
    ? good
    : refused('X-Hub-Signature-256 does not match: is the secret the one of this project?');
};

export const githubForge: Forge = {
  kind: 'github',
  keptHeaders: ['content-type', 'user-agent', 'x-github-event', 'x-github-delivery', 'x-github-hook-id'],
  verify,
  identify: ({ body, headers }) => ({
    deliveryId: cut(headers['x-github-delivery'], 200) || bodyDigest(body),
    kind: cut(headers['x-github-event'], 100) || 'unknown',
  }),
  read: ({ body, headers }) => {
    const event = headers['x-github-event'];
    if (event === undefined) return unusable('header X-GitHub-Event: missing');
    const parsed = parseBody(body, headers);
    if ('problem' in parsed) return parsed.problem;
    switch (event) {
      case 'ping':
        return ping;
      case 'push':
        return withPayload(Push, parsed.value, readPush);
      case 'pull_request':
        return withPayload(PullRequestEvent, parsed.value, readPullRequest);
      case 'create':
        return filtered('a new branch or tag is built for its push delivery');
      case 'delete':
        return filtered('a branch or tag was deleted');
      default:
        return filtered(`nobody builds for the event ${cut(event, 100)}`);
    }
  },
};
