import type { z } from 'zod';
import type { Forge, Reading } from './forge.js';
import { Create, PullRequestEvent, Push, readPullRequest, readPush } from './gitea-payloads.js';
import { commitOrNone, cut, cutOrNone, filtered, parseBody, readChange, unusable, withPayload } from './reading.js';
import { bodyDigest, verifyHexHeader } from './signature.js';

/**
 * Gogs tells of a new tag only by `create`. Where a version also pushes it, both read as the same change (the same
 * ref, nothing before, the same commit) and make one build.
 */
const readCreate = (created: z.output<typeof Create>): Reading => {
  if (created.ref_type !== 'tag') return filtered('a new branch is built for its push delivery');
  const sender = created.sender?.login ?? created.sender?.username;
  const after = commitOrNone(created.sha);
  if (after === undefined) return unusable('body.sha: missing');
  return readChange({
    kind: 'tag',
    ref: created.ref.startsWith('refs/tags/') ? created.ref : `refs/tags/${created.ref}`,
    after,
    message: '',
    author: { name: cut(sender, 200), login: cutOrNone(sender, 200) },
    sender: cutOrNone(sender, 200),
  });
};

export const gogsForge: Forge = {
  kind: 'gogs',
  keptHeaders: ['content-type', 'user-agent', 'x-gogs-event', 'x-gogs-delivery'],
  verify: ({ body, headers, secret }) => verifyHexHeader(headers['x-gogs-signature'], 'X-Gogs-Signature', secret, body),
  identify: ({ body, headers }) => ({
    deliveryId: cut(headers['x-gogs-delivery'], 200) || bodyDigest(body),
    kind: cut(headers['x-gogs-event'], 100) || 'unknown',
  }),
  read: ({ body, headers }) => {
    const event = headers['x-gogs-event'];
    if (event === undefined) return unusable('header X-Gogs-Event: missing');
    const parsed = parseBody(body, headers);
    if ('problem' in parsed) return parsed.problem;
    switch (event) {
      case 'push':
        return withPayload(Push, parsed.value, readPush);
      case 'pull_request':
        return withPayload(PullRequestEvent, parsed.value, readPullRequest);
      case 'create':
        return withPayload(Create, parsed.value, readCreate);
      case 'delete':
        return filtered('a branch or tag was deleted');
      default:
        return filtered(`nobody builds for the event ${cut(event, 100)}`);
    }
  },
};
