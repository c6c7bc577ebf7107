import type { BuildId, EpochMs, Notice, ProjectId, RepositorySettings } from '@cyclone/contracts';
import { tellCommitStatus } from '../commit-status/commit-status-client.js';
import type { StatusState } from '../commit-status/status-request.js';
import { formatDuration } from '../email/build-report.js';
import type { OutboundHttp } from '../outbound/outbound-http.js';
import type { BuildFacts } from '../rules/domain/build-facts.js';
import type { Channel, TryOutcome } from './channel.js';
import { Gate } from './gate.js';

export interface StatusChannelParts {
  readonly http: OutboundHttp;
  readonly accessOf: (
    projectId: ProjectId,
  ) => Promise<{ readonly repository: RepositorySettings; readonly token: string | undefined }>;
  readonly buildUrl: (buildId: BuildId) => string | undefined;
  readonly now: () => EpochMs;
}

const callsMax = 8;

const words: Record<StatusState, string> = {
  pending: 'is waiting',
  running: 'is running',
  success: 'succeeded',
  failure: 'failed',
  error: 'could not be run',
  cancelled: 'was cancelled',
};

const describe = (state: StatusState, { number, finished, startedAt, requestedAt }: BuildFacts): string => {
  const from = startedAt ?? requestedAt;
  const duration =
    finished === undefined || from === undefined || state === 'pending' || state === 'running'
      ? ''
      : ` after ${formatDuration(finished.at - from)}`;
  return `Build ${number ?? ''} ${words[state]}${duration}`;
};

export const createStatusChannel = (parts: StatusChannelParts): Channel => {
  const calling = new Gate(callsMax);

  const tell = async (
    buildId: BuildId,
    facts: BuildFacts,
    notice: Extract<Notice, { channel: 'commit-status' }>,
  ): Promise<TryOutcome> => {
    const { projectId, sha } = facts;
    if (projectId === undefined || sha === undefined)
      return { kind: 'failed', message: 'the commit is not known', isPermanent: true };
    try {
      const { repository, token } = await parts.accessOf(projectId);
      if (token === undefined)
        return { kind: 'failed', message: 'the project has no forge token any more', isPermanent: true };
      const access = { forge: repository.forge, repositoryUrl: repository.url, apiUrl: repository.apiUrl, token };
      const status = {
        sha,
        state: notice.state,
        context: notice.context,
        description: describe(notice.state, facts),
        targetUrl: parts.buildUrl(buildId),
      };
      return await tellCommitStatus(parts.http, access, status, parts.now());
    } catch (error) {
      return { kind: 'not-tried', message: error instanceof Error ? error.message : String(error) };
    }
  };

  return {
    name: 'commit-status',
    // One after the other, so that a forge sees a build's states in their order.
    deliver: async ({ buildId, facts, notices }, onOutcome) => {
      for (const notice of notices) {
        if (notice.channel === 'commit-status')
          await onOutcome(notice, await calling.pass(() => tell(buildId, facts, notice)));
      }
    },
  };
};
