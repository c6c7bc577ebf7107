import { z } from 'zod';
import { Change } from '../build/trigger.js';
import { DeliveryVerdict } from '../delivery/events.js';
import { EpochMs, EventEnvelope } from '../envelope.js';
import { CommitSha, DeliveryId, Digest, ProjectId, SecretName, TokenId } from '../ids.js';
import { StepLogIndex } from '../log/messages.js';
import { ForgeKind, ProjectSettings } from '../project/events.js';
import { ProjectView } from '../project/views.js';
import { RunnerView, ImageView } from '../pipeline-asks.js';
import { BuildSummary } from '../build/views.js';
import { TokenScope } from '../token/events.js';

const SecretValue = z.string().min(1).max(65_536);

/** What Cyclone itself uses for a project; given once, never shown again. */
export const ProjectCredentials = z.strictObject({
  /** Password or access token for cloning over https. */
  clone: SecretValue.optional(),
  /** Access token for the forge's API: registers the webhook and reports commit statuses. */
  forge: SecretValue.optional(),
  /** Secret that signs deliveries; made by Cyclone where it is left out. */
  webhook: SecretValue.min(16).optional(),
  /** Password by registry host. */
  registries: z.record(z.string().min(1).max(290), SecretValue).optional(),
});
export type ProjectCredentials = z.infer<typeof ProjectCredentials>;

export const CreateProjectBody = z.strictObject({
  id: ProjectId,
  ...ProjectSettings.shape,
  credentials: ProjectCredentials.optional(),
});
export type CreateProjectBody = z.infer<typeof CreateProjectBody>;

export const ChangeProjectBody = z.strictObject(ProjectSettings.shape);

/** Where deliveries go, and how telling the forge went. The secret is here once, and only if Cyclone made it. */
export const ProjectHook = z.object({
  url: z.string(),
  secret: z.string().optional(),
  outcome: z.enum(['registered', 'failed', 'by-hand']),
  message: z.string(),
});
export type ProjectHook = z.infer<typeof ProjectHook>;

export const CreatedProject = z.object({ project: ProjectView, hook: ProjectHook });
export type CreatedProject = z.infer<typeof CreatedProject>;

export const SetSecretBody = z.strictObject({ value: SecretValue });
export const SecretVersionReply = z.object({ name: z.string(), version: z.number().int().positive() });
export const SecretList = z.object({
  items: z.array(z.object({ name: SecretName, version: z.number().int().positive(), setAt: EpochMs })),
});
export const CredentialList = z.object({
  items: z.array(z.object({ key: z.string(), version: z.number().int().positive(), setAt: EpochMs })),
});

/** By hand for a branch, tag or commit. A short name is a branch. */
export const StartBuildBody = z.strictObject({
  ref: z
    .string()
    .min(1)
    .max(500)
    .regex(/^(?!-)[^\0-\x20\x7f~^:?*[\\]+$/, 'not the name of a branch, tag or commit'),
  sha: CommitSha.optional(),
  message: z.string().max(2000).optional(),
});
export const CancelBuildBody = z.strictObject({ reason: z.string().max(1000).optional() });

export const DeliveryView = z.object({
  id: DeliveryId,
  projectId: ProjectId,
  forge: ForgeKind,
  forgeDeliveryId: z.string(),
  kind: z.string(),
  bodyDigest: Digest,
  bodyBytes: z.number().int().nonnegative(),
  sourceAddress: z.string().optional(),
  receivedAt: EpochMs,
  /** Absent while nobody has judged it yet. */
  verdict: DeliveryVerdict.optional(),
  judgedAt: EpochMs.optional(),
  change: Change.optional(),
  redeliveries: z.number().int().nonnegative(),
  streamVersion: z.number().int().positive(),
});
export type DeliveryView = z.infer<typeof DeliveryView>;

/** A delivery that was turned away; kept for a while and only so many of them, to find a wrong secret by. */
export const RefusedDeliveryView = z.object({
  at: EpochMs,
  forge: z.string(),
  reason: z.string(),
  bodyBytes: z.number().int().nonnegative(),
  sourceAddress: z.string().optional(),
});
export type RefusedDeliveryView = z.infer<typeof RefusedDeliveryView>;

export const TakenDelivery = z.object({ deliveryId: DeliveryId, repeated: z.boolean() });

export const IssueTokenBody = z.strictObject({
  name: z.string().min(1).max(100),
  scope: TokenScope,
  /** At most a year; 90 days where it is left out. */
  expiresInMs: z
    .number()
    .int()
    .min(60_000)
    .max(366 * 86_400_000)
    .default(90 * 86_400_000),
});

export const TokenView = z.object({
  id: TokenId,
  name: z.string(),
  scope: TokenScope,
  issuedAt: EpochMs,
  expiresAt: EpochMs,
  revokedAt: EpochMs.optional(),
});
export type TokenView = z.infer<typeof TokenView>;

/** The only time the token itself is shown. */
export const IssuedToken = TokenView.extend({ token: z.string() });
export const Ticket = z.object({ ticket: z.string(), expiresAt: EpochMs });

export const LogIndex = z.object({ steps: z.array(StepLogIndex.extend({ href: z.string() })) });

/** Whole commits in global order. `position` is the cursor to go on from, also when nothing is in the page. */
export const FeedPage = z.object({ items: z.array(EventEnvelope), position: z.number().int().nonnegative() });
export type FeedPage = z.infer<typeof FeedPage>;

const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().optional() });

export const ProjectPage = page(ProjectView);
export const BuildPage = page(BuildSummary);
export const ImagePage = page(ImageView);
export const DeliveryPage = page(DeliveryView);
export const RefusedDeliveryPage = z.object({ items: z.array(RefusedDeliveryView) });
export const TokenPage = page(TokenView);
export const RunnerList = z.object({ items: z.array(RunnerView) });

export const PartHealth = z.object({ name: z.string(), ok: z.boolean(), message: z.string().optional() });
export const Readiness200 = z.object({ ready: z.boolean(), parts: z.array(PartHealth) });
export const Liveness = z.object({ status: z.literal('ok') });
export const VersionReply = z.object({ name: z.literal('cyclone'), version: z.string(), api: z.literal('v1') });
