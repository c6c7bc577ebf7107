import { z } from 'zod';
import { defineAsk } from './ask.js';
import { At, BuildSummary, BuildView, PublishedImage } from './build/views.js';
import { Change } from './build/trigger.js';
import { Actor, EpochMs, EventEnvelope, Trace } from './envelope.js';
import { BuildId, CommandId, CommitSha, DeliveryId, ProjectId, RunnerId, SecretName } from './ids.js';
import { Plan } from './plan/plan.js';
import { CredentialKey, ForgeKind, ProjectSettings } from './project/events.js';
import { ProjectView } from './project/views.js';
import {
  HeldJob,
  JobAssignment,
  JobClaimRequest,
  RunnerAnnouncement,
  RunnerLabels,
  RunnerOrders,
} from './runner/messages.js';

/** Every command says who, why and under which id it is carried out once. */
const command = { commandId: CommandId, actor: Actor, trace: Trace };
const cursor = { after: z.string().max(500).optional(), limit: z.number().int().min(1).max(200).default(50) };
const page = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().optional() });

/** Refuses a change when the project moved on since the caller read it. */
const expectedVersion = { expectedVersion: z.number().int().positive().optional() };

export const RunnerView = z.object({
  id: RunnerId,
  name: z.string(),
  pool: z.string(),
  labels: RunnerLabels,
  executor: z.string(),
  version: z.string(),
  slots: z.number().int(),
  freeSlots: z.number().int(),
  held: z.array(HeldJob),
  draining: z.boolean(),
  online: z.boolean(),
  lastSeenAt: EpochMs,
});
export type RunnerView = z.infer<typeof RunnerView>;

export const ImageView = PublishedImage.extend({
  projectId: ProjectId,
  buildId: BuildId,
  buildNumber: z.number().int(),
  sha: CommitSha.optional(),
});
export type ImageView = z.infer<typeof ImageView>;

export const pipelineAsks = {
  createProject: defineAsk('pipeline', 'create-project', {
    request: z.object({
      ...command,
      projectId: ProjectId,
      settings: ProjectSettings,
      credentials: z.record(CredentialKey, z.string().min(1).max(65_536)).optional(),
    }),
    reply: ProjectView,
  }),
  changeProject: defineAsk('pipeline', 'change-project', {
    request: z.object({ ...command, ...expectedVersion, projectId: ProjectId, settings: ProjectSettings }),
    reply: ProjectView,
  }),
  deleteProject: defineAsk('pipeline', 'delete-project', {
    request: z.object({ ...command, ...expectedVersion, projectId: ProjectId }),
    reply: z.object({}),
  }),
  getProject: defineAsk('pipeline', 'get-project', { request: z.object({ projectId: ProjectId }), reply: ProjectView }),
  listProjects: defineAsk('pipeline', 'list-projects', {
    request: z.object({ ...cursor, only: z.array(ProjectId).optional() }),
    reply: page(ProjectView),
  }),
  setSecret: defineAsk('pipeline', 'set-secret', {
    request: z.object({ ...command, projectId: ProjectId, name: SecretName, value: z.string().min(1).max(65_536) }),
    reply: z.object({ version: z.number().int() }),
  }),
  removeSecret: defineAsk('pipeline', 'remove-secret', {
    request: z.object({ ...command, projectId: ProjectId, name: SecretName }),
    reply: z.object({}),
  }),
  setCredential: defineAsk('pipeline', 'set-credential', {
    request: z.object({ ...command, projectId: ProjectId, key: CredentialKey, value: z.string().min(1).max(65_536) }),
    reply: z.object({ version: z.number().int() }),
  }),
  /** For Cyclone's own services only (gateway: webhook secrets, hook registration; notify: commit statuses). Never crosses the gateway. */
  readCredential: defineAsk('pipeline', 'read-credential', {
    request: z.object({ projectId: ProjectId, key: CredentialKey }),
    reply: z.object({ value: z.string().optional(), version: z.number().int().optional() }),
  }),
  recordWebhook: defineAsk('pipeline', 'record-webhook', {
    request: z.object({
      ...command,
      projectId: ProjectId,
      outcome: z.enum(['registered', 'failed', 'removed']),
      hookId: z.string().optional(),
      message: z.string().max(2000).optional(),
    }),
    reply: z.object({}),
  }),

  /** A change makes one build: asked again, it answers with the build that is there and who caused it. */
  requestBuildForChange: defineAsk('pipeline', 'request-build-for-change', {
    request: z.object({ ...command, projectId: ProjectId, deliveryId: DeliveryId, change: Change }),
    reply: z.object({ buildId: BuildId, causedBy: DeliveryId }),
    timeoutMs: 10_000,
  }),
  startBuild: defineAsk('pipeline', 'start-build', {
    request: z.object({
      ...command,
      projectId: ProjectId,
      ref: z.string().min(1).max(500),
      sha: CommitSha.optional(),
      message: z.string().max(2000).optional(),
    }),
    reply: BuildView,
  }),
  cancelBuild: defineAsk('pipeline', 'cancel-build', {
    request: z.object({ ...command, buildId: BuildId, reason: z.string().max(1000).optional() }),
    reply: BuildView,
  }),
  rerunBuild: defineAsk('pipeline', 'rerun-build', {
    request: z.object({ ...command, buildId: BuildId }),
    reply: BuildView,
  }),
  getBuild: defineAsk('pipeline', 'get-build', {
    request: z.object({ buildId: BuildId, at: At.optional() }),
    reply: BuildView,
  }),
  getPlan: defineAsk('pipeline', 'get-plan', { request: z.object({ buildId: BuildId }), reply: Plan }),
  listBuilds: defineAsk('pipeline', 'list-builds', {
    request: z.object({
      ...cursor,
      projects: z.array(ProjectId).optional(),
      status: z.enum(['requested', 'queued', 'running', 'cancelling', 'finished']).optional(),
      outcome: z.enum(['succeeded', 'failed', 'cancelled', 'timed_out', 'rejected']).optional(),
      ref: z.string().max(500).optional(),
      sha: CommitSha.optional(),
    }),
    reply: page(BuildSummary),
  }),
  listBuildEvents: defineAsk('pipeline', 'list-build-events', {
    request: z.object({
      buildId: BuildId,
      after: z.string().max(500).optional(),
      limit: z.number().int().min(1).max(500).default(200),
    }),
    reply: page(EventEnvelope),
  }),
  listImages: defineAsk('pipeline', 'list-images', {
    request: z.object({ ...cursor, projects: z.array(ProjectId).optional() }),
    reply: page(ImageView),
  }),
  listRunners: defineAsk('pipeline', 'list-runners', {
    request: z.object({}),
    reply: z.object({ items: z.array(RunnerView) }),
  }),

  announceRunner: defineAsk('pipeline', 'announce-runner', { request: RunnerAnnouncement, reply: RunnerOrders }),
  /** Claimed twice by the same runner for the same attempt answers the same; anybody else is refused (`job-not-available`). */
  claimJob: defineAsk('pipeline', 'claim-job', { request: JobClaimRequest, reply: JobAssignment, timeoutMs: 10_000 }),
  /** For a runner that restarted: its claim still stands or is refused (`fenced-off`). */
  resumeJob: defineAsk('pipeline', 'resume-job', {
    request: z.object({ runnerId: RunnerId, held: HeldJob, token: z.string() }),
    reply: JobAssignment,
  }),
  /** Public half of the key that signs job tokens (Ed25519, SPKI PEM), for services that check them. */
  jobTokenKey: defineAsk('pipeline', 'job-token-key', {
    request: z.object({}),
    reply: z.object({ keyId: z.string(), publicKeyPem: z.string() }),
  }),
} as const;

/** What a job token says: compact JWS, EdDSA. Bound to one attempt on one runner. */
export const JobTokenClaims = z.object({
  iss: z.literal('cyclone'),
  aud: z.literal('cyclone-job'),
  exp: z.number().int(),
  iat: z.number().int(),
  projectId: ProjectId,
  buildId: BuildId,
  jobId: z.string(),
  attempt: z.number().int(),
  fence: z.number().int(),
  runnerId: RunnerId,
});
export type JobTokenClaims = z.infer<typeof JobTokenClaims>;

export const ForgeApi = z.object({ forge: ForgeKind, repositoryUrl: z.string(), apiUrl: z.string().optional() });
export type ForgeApi = z.infer<typeof ForgeApi>;
