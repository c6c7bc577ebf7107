import { subjects } from './subjects.js';

/** JetStream streams as data: whoever starts first creates them, everybody checks them. Durations in ms, sizes in bytes. */
export interface JetStreamStream {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly retention: 'limits' | 'workqueue';
  /** `old` forgets the oldest; `new` refuses, and the publisher must handle it. */
  readonly discard: 'old' | 'new';
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly maxMessages?: number;
  readonly maxMessagesPerSubject?: number;
  readonly maxMessageBytes: number;
  readonly dedupeWindowMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const mebi = 1024 * 1024;

export const streams = {
  /** Published by the relay in global order; MongoDB can publish all of it again. */
  events: {
    name: 'CYCLONE_EVENTS',
    subjects: [subjects.allEvents],
    retention: 'limits',
    discard: 'old',
    maxAgeMs: 7 * dayMs,
    maxBytes: 4096 * mebi,
    maxMessageBytes: mebi,
    dedupeWindowMs: 10 * minuteMs,
  },
  /** Offers of jobs. One per attempt may wait; a full queue refuses and the scheduler offers again later. */
  jobs: {
    name: 'CYCLONE_JOBS',
    subjects: [subjects.allJobOffers],
    retention: 'workqueue',
    discard: 'new',
    maxAgeMs: 7 * dayMs,
    maxBytes: 256 * mebi,
    maxMessages: 100_000,
    maxMessagesPerSubject: 1,
    maxMessageBytes: 64 * 1024,
    dedupeWindowMs: minuteMs,
  },
  /** The runners' reports; their journals keep them until pipeline-svc has confirmed. */
  reports: {
    name: 'CYCLONE_REPORTS',
    subjects: [subjects.allReports],
    retention: 'limits',
    discard: 'old',
    maxAgeMs: dayMs,
    maxBytes: 1024 * mebi,
    maxMessageBytes: 256 * 1024,
    dedupeWindowMs: 2 * minuteMs,
  },
  /** Log bytes on their way; the runners' spools keep them until log-svc has confirmed. */
  logs: {
    name: 'CYCLONE_LOGS',
    subjects: [subjects.allLogs],
    retention: 'limits',
    discard: 'old',
    maxAgeMs: 2 * hourMs,
    maxBytes: 2048 * mebi,
    maxMessageBytes: 256 * 1024,
    dedupeWindowMs: 2 * minuteMs,
  },
  /** Messages that no handler could take, raw, with the reason in their headers. */
  dead: {
    name: 'CYCLONE_DEAD',
    subjects: [subjects.allDead],
    retention: 'limits',
    discard: 'old',
    maxAgeMs: 30 * dayMs,
    maxBytes: 512 * mebi,
    maxMessageBytes: mebi,
    dedupeWindowMs: 2 * minuteMs,
  },
} as const satisfies Record<string, JetStreamStream>;

/** Durable consumers: service + purpose. */
export const consumers = {
  pipelineRunnerReports: {
    durable: 'pipeline-svc-runner-reports',
    stream: 'reports',
    ackWaitMs: 30_000,
    maxDeliver: 8,
    maxAckPending: 256,
  },
  pipelineViews: {
    durable: 'pipeline-svc-views',
    stream: 'events',
    ackWaitMs: 30_000,
    maxDeliver: 8,
    maxAckPending: 256,
  },
  pipelineReactions: {
    durable: 'pipeline-svc-reactions',
    stream: 'events',
    ackWaitMs: 60_000,
    maxDeliver: 8,
    maxAckPending: 256,
  },
  gatewayDeliveries: {
    durable: 'gateway-judge-deliveries',
    stream: 'events',
    ackWaitMs: 60_000,
    maxDeliver: 8,
    maxAckPending: 64,
  },
  gatewayTokens: { durable: 'gateway-tokens', stream: 'events', ackWaitMs: 30_000, maxDeliver: 8, maxAckPending: 64 },
  gatewayWebhookRegistration: {
    durable: 'gateway-register-webhooks',
    stream: 'events',
    ackWaitMs: 60_000,
    maxDeliver: 8,
    maxAckPending: 16,
  },
  logIngest: { durable: 'log-svc-ingest', stream: 'logs', ackWaitMs: 30_000, maxDeliver: 8, maxAckPending: 512 },
  notifyBuilds: { durable: 'notify-svc-builds', stream: 'events', ackWaitMs: 60_000, maxDeliver: 8, maxAckPending: 64 },
} as const;

/** A pool's offers: made by pipeline-svc when a runner of the pool announces itself; its runners only take from it. */
export const runnerJobsConsumer = (pool: string) =>
  ({
    durable: `runner-${pool}-jobs`,
    stream: 'jobs',
    ackWaitMs: 30_000,
    maxDeliver: 20,
    maxAckPending: 1_000,
  }) as const;

/** An integration's own place in the events: made for it by the platform; it only takes from it. */
export const integrationConsumer = (name: string) =>
  ({
    durable: `integration-${name}`,
    stream: 'events',
    ackWaitMs: 30_000,
    maxDeliver: 20,
    maxAckPending: 256,
  }) as const;
