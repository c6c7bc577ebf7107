import type { JobId, ProjectId, Trigger } from '@cyclone/contracts';
import type { PlannedData } from '../../planning/draft-plan.js';
import { branchOf, tagOf, triggerFacts } from '../../planning/compile-context.js';

export interface CiFacts {
  readonly projectId: ProjectId;
  readonly projectName: string;
  readonly buildId: string;
  readonly buildNumber: number;
  readonly jobId: JobId;
  readonly jobName: string;
  readonly attempt: number;
  readonly workspacePath: string;
  readonly repositoryUrl: string;
  readonly trust: 'trusted' | 'untrusted';
  readonly trigger: Trigger;
  readonly planned: Pick<PlannedData, 'sha' | 'ref' | 'commit' | 'versionName'>;
  readonly requestedAt: number;
}

/** Values of variables are bounded by the operating system; a commit message is not. */
const messageCharactersMax = 8_000;

/**
 * The variables of every step, in the names that users of other systems already type. They are data: nothing here ever
 * becomes part of a script's text.
 */
export const ciEnvironment = (facts: CiFacts): Record<string, string> => {
  const { planned, trigger, projectId, buildId, buildNumber } = facts;
  const { event, change, pullRequest, baseBranch } = triggerFacts(trigger);
  const message = planned.commit.message.slice(0, messageCharactersMax);
  const [title = ''] = message.split('\n');
  const variables: Record<string, string | number | undefined> = {
    CI: 'true',
    CI_SYSTEM_NAME: 'cyclone',
    CI_REPO: projectId,
    CI_REPO_NAME: facts.projectName,
    CI_REPO_CLONE_URL: facts.repositoryUrl,
    CI_COMMIT_SHA: planned.sha,
    CI_COMMIT_REF: planned.ref,
    CI_COMMIT_BRANCH: event === 'pull_request' ? baseBranch : branchOf(planned.ref),
    CI_COMMIT_TAG: tagOf(planned.ref),
    CI_COMMIT_MESSAGE: message,
    CI_COMMIT_TITLE: title,
    CI_COMMIT_AUTHOR: change?.author.login ?? planned.commit.authorName,
    CI_COMMIT_AUTHOR_EMAIL: planned.commit.authorEmail,
    CI_COMMIT_URL: change?.url,
    CI_COMMIT_PULL_REQUEST: pullRequest?.number,
    CI_COMMIT_TARGET_BRANCH: baseBranch,
    CI_PREV_COMMIT_SHA: change?.before,
    CI_PIPELINE_NUMBER: buildNumber,
    CI_BUILD_NUMBER: buildNumber,
    CI_PIPELINE_EVENT: event,
    CI_PIPELINE_CREATED: Math.floor(facts.requestedAt / 1000),
    CI_WORKFLOW_NAME: facts.jobName,
    CI_WORKSPACE: facts.workspacePath,
    CYCLONE: 'true',
    CYCLONE_PROJECT_ID: projectId,
    CYCLONE_BUILD_ID: buildId,
    CYCLONE_BUILD_NUMBER: buildNumber,
    CYCLONE_JOB_ID: facts.jobId,
    CYCLONE_ATTEMPT: facts.attempt,
    CYCLONE_VERSION_NAME: planned.versionName,
    CYCLONE_TRUST: facts.trust,
  };
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, clean(String(value))]])),
  );
};

/** A variable cannot hold a NUL. */
const clean = (value: string): string => value.replaceAll('\0', '');
