import { z } from 'zod';
import type { Reading } from './forge.js';
import { commitOrNone, cut, cutOrNone, epochOf, filtered, isBranchRef, isTagRef, readChange } from './reading.js';

/** Gogs and its descendants Gitea and Forgejo send the same shapes, with small differences. */

const User = z.object({ login: z.string().nullish(), username: z.string().nullish() });
const Commit = z.object({
  id: z.string(),
  message: z.string(),
  url: z.string().nullish(),
  timestamp: z.string().nullish(),
  author: z
    .object({ name: z.string().nullish(), email: z.string().nullish(), username: z.string().nullish() })
    .nullish(),
});

export const Push = z.object({
  ref: z.string(),
  before: z.string(),
  after: z.string(),
  compare_url: z.string().nullish(),
  commits: z.array(Commit).nullish(),
  head_commit: Commit.nullish(),
  pusher: User.nullish(),
  sender: User.nullish(),
});

export const Create = z.object({
  ref: z.string(),
  ref_type: z.string(),
  sha: z.string().nullish(),
  sender: User.nullish(),
});

const Repo = z.object({ id: z.number() });
export const PullRequestEvent = z.object({
  action: z.string(),
  number: z.number(),
  pull_request: z.object({
    title: z.string(),
    html_url: z.string().nullish(),
    user: User,
    head_repo: Repo.nullish(),
    base_repo: Repo.nullish(),
    base_branch: z.string().nullish(),
    head: z.object({ sha: z.string(), repo: Repo.nullish() }).nullish(),
    base: z.object({ ref: z.string(), repo: Repo.nullish() }).nullish(),
  }),
  sender: User.nullish(),
});

const nameOf = (user: z.output<typeof User> | null | undefined): string | undefined =>
  user?.login || user?.username || undefined;

export const readPush = (push: z.output<typeof Push>): Reading => {
  const after = commitOrNone(push.after);
  if (after === undefined) return filtered(`${push.ref} was deleted`);
  if (!isTagRef(push.ref) && !isBranchRef(push.ref)) return filtered(`${push.ref} is neither a branch nor a tag`);
  const head = push.head_commit ?? push.commits?.find((commit) => commit.id === after);
  const sender = nameOf(push.sender) ?? nameOf(push.pusher);
  return readChange({
    kind: isTagRef(push.ref) ? 'tag' : 'push',
    ref: push.ref,
    before: commitOrNone(push.before),
    after,
    message: cut(head?.message, 65_536),
    author: {
      name: cut(head?.author?.name ?? sender, 200),
      email: cutOrNone(head?.author?.email, 320),
      login: cutOrNone(head?.author?.username, 200),
    },
    sender: cutOrNone(sender, 200),
    committedAt: epochOf(head?.timestamp),
    url: cutOrNone(head?.url ?? push.compare_url, 2000),
  });
};

const builtActions = new Set(['opened', 'synchronized', 'reopened']);

export const readPullRequest = (event: z.output<typeof PullRequestEvent>): Reading => {
  if (!builtActions.has(event.action))
    return filtered(`pull request: nobody builds for the action ${cut(event.action, 100)}`);
  const request = event.pull_request;
  const headRepo = request.head?.repo ?? request.head_repo;
  const baseRepo = request.base?.repo ?? request.base_repo;
  const author = nameOf(request.user);
  return readChange({
    kind: 'pull_request',
    ref: `refs/pull/${event.number}/head`,
    after: request.head?.sha.toLowerCase() ?? '',
    message: cut(request.title, 65_536),
    author: { name: cut(author, 200), login: cutOrNone(author, 200) },
    sender: cutOrNone(nameOf(event.sender), 200),
    url: cutOrNone(request.html_url, 2000),
    pullRequest: {
      number: event.number,
      title: cut(request.title, 1000),
      baseRef: `refs/heads/${request.base?.ref ?? request.base_branch ?? ''}`,
      // What cannot be shown to live in the same repository is an outsider's.
      fromFork: !headRepo || !baseRepo || headRepo.id !== baseRepo.id,
    },
  });
};
