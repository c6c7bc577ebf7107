import { z } from 'zod';
import { EpochMs } from '../envelope.js';
import { BuildId, CommitSha, DeliveryId } from '../ids.js';

export const PullRequest = z.object({
  number: z.number().int().positive(),
  title: z.string().max(1000),
  baseRef: z.string().max(500),
  /** True when the head lives in another repository: an outsider's code. */
  fromFork: z.boolean(),
});
export type PullRequest = z.infer<typeof PullRequest>;

/**
 * What happened in a repository, whichever forge told it. Its identity is (project, kind, ref, before, after):
 * a change makes one build however many deliveries tell of it.
 */
export const Change = z.object({
  kind: z.enum(['push', 'tag', 'pull_request']),
  /** Full name: `refs/heads/main`, `refs/tags/v1`, or the forge's ref of a pull request's head. */
  ref: z.string().min(1).max(500),
  before: CommitSha.optional(),
  after: CommitSha,
  message: z.string().max(65_536),
  author: z.object({
    name: z.string().max(200),
    email: z.string().max(320).optional(),
    login: z.string().max(200).optional(),
  }),
  /** Who pushed or opened, as the forge names them. */
  sender: z.string().max(200).optional(),
  committedAt: EpochMs.optional(),
  url: z.string().max(2000).optional(),
  pullRequest: PullRequest.optional(),
});
export type Change = z.infer<typeof Change>;

export const Trigger = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('change'), change: Change, deliveryId: DeliveryId }),
  /** By hand for a branch, tag or commit; the commit is resolved while planning. */
  z.object({
    kind: z.literal('manual'),
    ref: z.string().min(1).max(500),
    sha: CommitSha.optional(),
    message: z.string().max(2000).optional(),
  }),
  z.object({
    kind: z.literal('rerun'),
    of: BuildId,
    ref: z.string().min(1).max(500),
    sha: CommitSha,
    event: z.enum(['push', 'tag', 'pull_request', 'manual']),
    change: Change.optional(),
  }),
]);
export type Trigger = z.infer<typeof Trigger>;
