import type { CommitSha, ProjectId, Trigger } from '@cyclone/contracts';
import type { CompileContext } from '@cyclone/pipeline-language';

/** What a trigger means to the conditions in a pipeline file. */
export const triggerFacts = (trigger: Trigger) => {
  const change = trigger.kind === 'manual' ? undefined : trigger.change;
  const pullRequest = change?.pullRequest;
  return {
    event:
      trigger.kind === 'change' ? trigger.change.kind : trigger.kind === 'rerun' ? trigger.event : ('manual' as const),
    change,
    pullRequest,
    baseBranch: pullRequest === undefined ? undefined : shortName(pullRequest.baseRef),
  };
};

const shortName = (ref: string): string => ref.replace(/^refs\/heads\//, '');

export const branchOf = (ref: string): string | undefined =>
  ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
export const tagOf = (ref: string): string | undefined =>
  ref.startsWith('refs/tags/') ? ref.slice('refs/tags/'.length) : undefined;

const imageTag = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** `ci_<sha>`, `tag_<tag>` (the commit where the tag is no legal image tag), or `pr_<number>_<sha>`. */
export const versionNameOf = (trigger: Trigger, ref: string, sha: CommitSha): string => {
  const { event, pullRequest } = triggerFacts(trigger);
  if (event === 'pull_request' && pullRequest !== undefined) return `pr_${pullRequest.number}_${sha}`;
  const tag = tagOf(ref);
  if (tag === undefined) return `ci_${sha}`;
  const name = `tag_${tag}`;
  return imageTag.test(name) ? name : `tag_${sha}`;
};

export const compileContextOf = (facts: {
  readonly projectId: ProjectId;
  readonly trigger: Trigger;
  readonly trust: 'trusted' | 'untrusted';
  readonly timeoutMs: number;
  readonly imageRepository: string | undefined;
  readonly ref: string;
  readonly sha: CommitSha;
}): CompileContext => {
  const { projectId, trigger, trust, timeoutMs, imageRepository, ref, sha } = facts;
  const { event, baseBranch } = triggerFacts(trigger);
  const branch = event === 'pull_request' ? baseBranch : branchOf(ref);
  const tag = tagOf(ref);
  return {
    event,
    ref,
    sha,
    versionName: versionNameOf(trigger, ref, sha),
    projectId,
    trust,
    timeoutMs,
    ...(branch === undefined ? {} : { branch }),
    ...(tag === undefined ? {} : { tag }),
    ...(baseBranch === undefined ? {} : { baseBranch }),
    ...(imageRepository === undefined ? {} : { imageRepository }),
  };
};
