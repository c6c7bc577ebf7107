import { CommandId, consumers, RunnerReport, subjects, type JobTokenClaims } from '@cyclone/contracts';
import {
  done,
  rejectMessage,
  retryAfter,
  type Consumer,
  type IncomingMessage,
  type Outcome,
  type Signals,
  type Subscription,
} from '@cyclone/messaging';
import { traceFromHeaders, type Logger } from '@cyclone/observability';
import type { Failpoint } from '@cyclone/service-host';
import type { Clock } from '../clock.js';
import type { JobTokens } from '../tokens/job-token.js';
import type { Builds } from './builds.js';
import { commandOfReport } from './report-command.js';

export interface RunnerReportsPorts {
  readonly builds: Builds;
  readonly tokens: JobTokens;
  readonly signals: Signals;
  readonly now: Clock;
  readonly logger: Logger;
  readonly failpoint: Failpoint;
}

const concurrency = 32;
/**
 * A report that was handed to a process which died comes again long after those that followed it: until then, and for
 * longer than a runner takes to send again what nobody confirmed, the job's end waits for the ends of its steps.
 */
const patientDeliveries = 5;
const patienceMs = 1_500;

/** Takes the runners' reports in, one after the other for each job, and confirms those that were decided on. */
export const consumeRunnerReports = (consumer: Consumer, ports: RunnerReportsPorts): Promise<Subscription> =>
  consumer.subscribe({
    consumer: consumers.pipelineRunnerReports,
    concurrency,
    keyOf: (message) => message.subject.split('.').slice(0, 6).join('.'),
    handle: (message) => handleReport(message, ports),
  });

export const handleReport = async (message: IncomingMessage, ports: RunnerReportsPorts): Promise<Outcome> => {
  const { builds, tokens, signals, now, logger, failpoint } = ports;
  const report = readReport(message);
  if (report === undefined) return rejectMessage('the message is no runner report');
  const claims = tokens.verify(report.token, now());
  if (claims === undefined || !isAbout(claims, report)) {
    logger.warn('a report came without a good token', {
      buildId: report.buildId,
      jobId: report.jobId,
      runnerId: report.runnerId,
    });
    return rejectMessage('the token is not good for this report');
  }
  const { buildId, projectId, runnerId, reportId } = report;
  const openSteps = message.deliveryCount <= patientDeliveries ? 'wait' : 'close';
  const handled = await builds.carryOut(buildId, projectId, commandOfReport(report, openSteps), {
    commandId: CommandId.parse(`report/${reportId}`),
    actor: { kind: 'runner', id: runnerId },
    trace: traceFromHeaders(message.headers) ?? { correlationId: buildId, causationId: reportId },
  });
  if (handled.kind === 'rejected' && handled.rejection.code === 'steps-still-open') {
    return retryAfter(patienceMs, handled.rejection.message);
  }
  failpoint('before-confirm');
  // Also for a report that decided to nothing: the runner need not keep it.
  signals.send(subjects.confirmReports(runnerId), { data: Buffer.from(JSON.stringify({ reportIds: [reportId] })) });
  return done;
};

const readReport = (message: IncomingMessage): RunnerReport | undefined => {
  try {
    return RunnerReport.parse(JSON.parse(Buffer.from(message.data).toString('utf8')));
  } catch {
    return undefined;
  }
};

const isAbout = (claims: JobTokenClaims, report: RunnerReport): boolean =>
  claims.projectId === report.projectId &&
  claims.buildId === report.buildId &&
  claims.jobId === report.jobId &&
  claims.attempt === report.attempt &&
  claims.fence === report.fence &&
  claims.runnerId === report.runnerId;
