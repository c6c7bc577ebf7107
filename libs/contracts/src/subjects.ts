import type { BuildId, JobId, ProjectId, RunnerId, StepId } from './ids.js';
import type { EventEnvelope } from './envelope.js';

/**
 * The only file where a subject is spelled. Tokens go from broad to narrow; the project (the tenant) comes first
 * after the kind, so that a subscriber's rights can be cut there. `_` stands for what belongs to the installation.
 */
export const installationTenant = '_';

const kebab = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

export const subjects = {
  /** `cyclone.event.build.<projectId>.<buildId>.job-started` */
  event: (event: Pick<EventEnvelope, 'stream' | 'tenant' | 'type'>): string =>
    `cyclone.event.${event.stream.kind}.${event.tenant}.${event.stream.id}.${kebab(event.type)}`,
  eventsOf: (filter: { kind?: string; tenant?: string; id?: string; type?: string }): string =>
    `cyclone.event.${filter.kind ?? '*'}.${filter.tenant ?? '*'}.${filter.id ?? '*'}.${filter.type === undefined ? '*' : kebab(filter.type)}`,
  allEvents: 'cyclone.event.>',

  jobOffer: (pool: string, buildId: BuildId, jobId: JobId, attempt: number): string =>
    `cyclone.command.runner.${pool}.run-job.${buildId}.${jobId}.${attempt}`,
  jobOffersOf: (pool: string): string => `cyclone.command.runner.${pool}.run-job.>`,
  allJobOffers: 'cyclone.command.runner.*.run-job.>',

  report: (projectId: ProjectId, buildId: BuildId, jobId: JobId, kind: string): string =>
    `cyclone.report.job.${projectId}.${buildId}.${jobId}.${kind}`,
  allReports: 'cyclone.report.job.>',

  log: (projectId: ProjectId, buildId: BuildId, jobId: JobId, stepId: StepId): string =>
    `cyclone.log.${projectId}.${buildId}.${jobId}.${stepId}`,
  allLogs: 'cyclone.log.>',

  dead: (consumer: string): string => `cyclone.dead.${consumer}`,
  allDead: 'cyclone.dead.>',

  /** Core NATS from here on: hints that may be lost, never the only way. */
  logStored: (buildId: BuildId): string => `cyclone.live.log-stored.${buildId}`,
  confirmReports: (runnerId: RunnerId): string => `cyclone.live.confirm.${runnerId}.reports`,
  confirmLogs: (runnerId: RunnerId): string => `cyclone.live.confirm.${runnerId}.logs`,
  cancelJob: (runnerId: RunnerId): string => `cyclone.live.cancel-job.${runnerId}`,

  /** NestJS request/reply: `cyclone.ask.<service>.<what>`. */
  ask: (service: 'pipeline' | 'log' | 'gateway' | 'notify', what: string): string => `cyclone.ask.${service}.${what}`,
} as const;

/** Reads a log subject back; undefined when it is not one. */
export const parseLogSubject = (
  subject: string,
): { projectId: string; buildId: string; jobId: string; stepId: string } | undefined => {
  const [root, kind, projectId, buildId, jobId, stepId, ...rest] = subject.split('.');
  if (root !== 'cyclone' || kind !== 'log' || rest.length > 0) return undefined;
  if (!projectId || !buildId || !jobId || !stepId) return undefined;
  return { projectId, buildId, jobId, stepId };
};
