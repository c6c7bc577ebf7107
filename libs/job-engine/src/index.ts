export { attemptKey, attemptOf, type Attempt, type JobInput } from './job-input.js';
export { ExecutorError, isExecutorError, reasonOf, type ExecutorErrorCode } from './errors.js';
export type {
  ContainerStep,
  Executor,
  JobSandbox,
  RunningStep,
  ServiceLaunch,
  StepExit,
  StepLaunch,
} from './executor.js';
export type { Workspace, WorkspaceHandle } from './workspace.js';
export {
  builtImageReference,
  type ImageBuild,
  type ImageBuilder,
  type ImagePublication,
  type PushedImage,
} from './image-builder.js';
export type { JobObserver, PublishedImageNote, StepEnd, StepStart } from './job-observer.js';
export type { EndedStep, JobEnd } from './job-progress.js';
export type { ResumedStep, ResumeState } from './resume.js';
export type { StopCause } from './deadline.js';
export { runJob, type JobOptions, type JobPorts, type JobResult } from './run-job.js';
export type { OutputSink, OutputStream, RawOffsets } from './logs/output-sink.js';
export { logStart, summaryOf, type LogChunk, type LogChunkSink, type LogPosition } from './logs/log-chunk.js';
export { secretLengthMin, secretPatterns } from './logs/secret-patterns.js';
export { SecretMasker } from './logs/secret-masker.js';
export { StepLog, stepLogLimits, type StepLogLimits } from './logs/step-log.js';
