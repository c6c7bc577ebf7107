export {
  ProjectId,
  BuildId,
  JobId,
  StepId,
  ServiceId,
  RunnerId,
  DeliveryId,
  TokenId,
  EventId,
  CommandId,
  Digest,
  CommitSha,
  SecretName,
} from './ids.js';
export { EpochMs, Actor, StreamKind, StreamRef, Trace, EventEnvelope } from './envelope.js';
export { defineEvent, type EventDefinition, type EventOf } from './event-definition.js';
export {
  Stage,
  EnvironmentValue,
  Environment,
  ImageRef,
  Limits,
  Readiness,
  PlannedService,
  CloneStep,
  RunStep,
  BuildImageStep,
  PublishImageStep,
  PlannedStep,
  PlannedJob,
  Plan,
  FileProblem,
} from './plan/plan.js';
export { PullRequest, Change, Trigger } from './build/trigger.js';
export {
  JobOutcome,
  StepOutcome,
  BuildOutcome,
  Reason,
  LogSummary,
  PlannedStepSummary,
  PlannedJobSummary,
  BuildRequested,
  BuildPlanned,
  BuildRejected,
  JobQueued,
  JobClaimed,
  StepStarted,
  StepEnded,
  ImagePublished,
  JobLost,
  JobEnded,
  BuildCancelRequested,
  BuildFinished,
  buildEvents,
  type BuildEvent,
} from './build/events.js';
export {
  BuildStatus,
  StepView,
  JobView,
  PublishedImage,
  BuildSummary,
  BuildView,
  At,
  EventPage,
} from './build/views.js';
export {
  ForgeKind,
  RepositorySettings,
  MailRule,
  RegistrySettings,
  ProjectSettings,
  CredentialKey,
  ProjectCreated,
  ProjectChanged,
  ProjectDeleted,
  SecretSet,
  SecretRemoved,
  CredentialSet,
  WebhookRegistered,
  projectEvents,
  type ProjectEvent,
} from './project/events.js';
export { ProjectView } from './project/views.js';
export {
  DeliveryReceived,
  DeliveryVerdict,
  DeliveryJudged,
  DeliveryRedelivered,
  deliveryEvents,
  type DeliveryEvent,
} from './delivery/events.js';
export { Role, TokenScope, TokenIssued, TokenRevoked, tokenEvents, type TokenEvent } from './token/events.js';
export { LogSealed, LogDamaged, logEvents, type LogEvent } from './log/events.js';
export {
  logChunkBytesMax,
  stepLogBytesDefault,
  stepLogBytesHardMax,
  logLineBytesMax,
  LogChunkHeader,
  LogConfirmation,
  StepLogIndex,
  LogRangeRequest,
  LogRange,
  LogStoredHeader,
} from './log/messages.js';
export {
  Notice,
  NoticePlanned,
  NoticeDelivered,
  NoticeFailed,
  NoticeSuperseded,
  notificationEvents,
  type NotificationEvent,
} from './notification/events.js';
export {
  heartbeatMs,
  leaseMs,
  jobTokenMsMax,
  RunnerLabels,
  HeldJob,
  RunnerAnnouncement,
  RunnerOrders,
  JobOffer,
  JobClaimRequest,
  SourceAccess,
  JobAssignment,
  RunnerReport,
  ReportConfirmation,
  CancelJobNotice,
} from './runner/messages.js';
export { defineAsk, type AskDefinition, type Refusal } from './ask.js';
export { RunnerView, ImageView, pipelineAsks, JobTokenClaims, ForgeApi } from './pipeline-asks.js';
export { logAsks } from './log-asks.js';
export { installationTenant, subjects, parseLogSubject } from './subjects.js';
export { streams, consumers, integrationConsumer, runnerJobsConsumer, type JetStreamStream } from './streams.js';
export {
  eventCatalog,
  upcasters,
  UnknownEventTypeError,
  UnknownEventVersionError,
  currentDefinition,
  readEventData,
} from './message-catalog.js';
export { defineRoute, type RouteAccess, type RouteDefinition, type RouteReply } from './http/route.js';
export { Problem } from './http/problem.js';
export {
  ProjectCredentials,
  CreateProjectBody,
  ChangeProjectBody,
  ProjectHook,
  CreatedProject,
  SetSecretBody,
  StartBuildBody,
  CancelBuildBody,
  DeliveryView,
  RefusedDeliveryView,
  TakenDelivery,
  IssueTokenBody,
  TokenView,
  IssuedToken,
  Ticket,
  LogIndex,
  FeedPage,
  PartHealth,
} from './http/bodies.js';
export { routes, parseAt, type Routes } from './http/routes.js';
export { LogFrame, FeedFrame, closeCodes, ticketMsMax } from './live/frames.js';
