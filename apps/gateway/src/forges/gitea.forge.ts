import type { Forge } from './forge.js';
import { PullRequestEvent, Push, readPullRequest, readPush } from './gitea-payloads.js';
import { cut, filtered, parseBody, unusable, withPayload } from './reading.js';
import { bodyDigest, verifyHexHeader } from './signature.js';

/** Gitea and Forgejo: Forgejo sends its own header names beside Gitea's. */
export const giteaForge: Forge = {
  kind: 'gitea',
  keptHeaders: [
    'content-type',
    'user-agent',
    'x-gitea-event',
    'x-gitea-event-type',
    'x-gitea-delivery',
    'x-forgejo-event',
    'x-forgejo-event-type',
    'x-forgejo-delivery',
  ],
  verify: ({ body, headers, secret }) =>
    verifyHexHeader(headers['x-gitea-signature'] ?? headers['x-forgejo-signature'], 'X-Gitea-Signature', secret, body),
  identify: ({ body, headers }) => ({
    deliveryId: cut(headers['x-gitea-delivery'] ?? headers['x-forgejo-delivery'], 200) || bodyDigest(body),
    kind: cut(headers['x-gitea-event'] ?? headers['x-forgejo-event'], 100) || 'unknown',
  }),
  read: ({ body, headers }) => {
    const event = headers['x-gitea-event'] ?? headers['x-forgejo-event'];
    if (event === undefined) return unusable('header X-Gitea-Event: missing');
    const parsed = parseBody(body, headers);
    if ('problem' in parsed) return parsed.problem;
    switch (event) {
      case 'push':
        return withPayload(Push, parsed.value, readPush);
      case 'pull_request':
      case 'pull_request_sync':
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
