import { describe, expect, it } from '@jest/globals';
import { CommitSha, DeliveryId, PlannedJob, type Change, type Trigger } from '@cyclone/contracts';
import { versionNameOf } from '../../planning/compile-context.js';
import { jobId, projectId, requestedEvent, sha } from '../../testing/build-samples.js';
import { ciEnvironment } from './ci-environment.js';
import { secretsNamedBy } from '../../planning/named-secrets.js';

const planned = (ref: string) => ({
  sha,
  ref,
  commit: { message: 'Add a shelf\n\nIt is\0 long.', authorName: 'Ada' },
  versionName: `ci_${sha}`,
});
const facts = (trigger: Trigger, ref: string) => ({
  projectId,
  projectName: 'Shop',
  buildId: 'b1',
  buildNumber: 7,
  jobId: jobId('main'),
  jobName: 'main',
  attempt: 1,
  workspacePath: '/w',
  repositoryUrl: 'u',
  trust: 'trusted' as const,
  trigger,
  planned: planned(ref),
  requestedAt: 5_000,
});
const push = requestedEvent.data.trigger;
const change: Change = {
  kind: 'pull_request',
  ref: 'refs/pull/5/head',
  before: CommitSha.parse('b'.repeat(40)),
  after: sha,
  message: 'm',
  author: { name: 'Eve', login: 'eve' },
  pullRequest: { number: 5, title: 't', baseRef: 'refs/heads/main', fromFork: true },
};
const pull: Trigger = { kind: 'change', deliveryId: DeliveryId.parse('d2'), change };

describe('the variables of every step', () => {
  it('tell of a push in the usual names, as data without NUL', () => {
    expect(ciEnvironment(facts(push, 'refs/heads/main'))).toMatchObject({
      CI: 'true',
      CI_COMMIT_SHA: sha,
      CI_COMMIT_BRANCH: 'main',
      CI_COMMIT_MESSAGE: 'Add a shelf\n\nIt is long.',
      CI_PIPELINE_NUMBER: '7',
      CI_BUILD_NUMBER: '7',
      CI_PIPELINE_EVENT: 'push',
      CI_REPO: 'shop',
      CI_WORKSPACE: '/w',
      CYCLONE_BUILD_ID: 'b1',
    });
    expect(ciEnvironment(facts(push, 'refs/heads/main'))).not.toHaveProperty('CI_COMMIT_TAG');
  });
  it('tell of a pull request by where it wants to go', () => {
    expect(ciEnvironment(facts(pull, 'refs/pull/5/head'))).toMatchObject({
      CI_PIPELINE_EVENT: 'pull_request',
      CI_COMMIT_BRANCH: 'main',
      CI_COMMIT_TARGET_BRANCH: 'main',
      CI_COMMIT_PULL_REQUEST: '5',
      CI_COMMIT_AUTHOR: 'eve',
    });
  });
});

describe('the name of a build', () => {
  it.each([
    [push, 'refs/heads/main', `ci_${sha}`],
    [push, 'refs/tags/v1.2', 'tag_v1.2'],
    [push, 'refs/tags/v1+x', `tag_${sha}`],
    [pull, 'refs/pull/5/head', `pr_5_${sha}`],
  ])('says what it is of (%#)', (trigger, ref, name) => {
    expect(versionNameOf(trigger, ref, sha)).toBe(name);
  });
});

describe('the secrets of a job', () => {
  it('are those that its steps, image builds and services name', () => {
    const common = { stage: 'build', needs: [], runWhen: 'success', onFailure: 'fail', timeoutMs: 1 };
    const image = { kind: 'named', name: 'busybox', pull: 'never' };
    const job = PlannedJob.parse({
      id: 'main',
      name: 'main',
      needs: [],
      runWhen: 'success',
      labels: {},
      timeoutMs: 1,
      workspacePath: '/w',
      services: [{ id: 'db', name: 'db', image, environment: { PW: { secret: 'DB' } }, limits: {}, usedBy: ['s'] }],
      steps: [
        {
          ...common,
          id: 's',
          name: 's',
          kind: 'run',
          image,
          environment: { A: { secret: 'ONE' }, B: { value: 'TWO' } },
          network: 'job',
          limits: {},
          mounts: [],
          extraHosts: [],
          dns: [],
          outputs: [],
        },
        {
          ...common,
          id: 'i',
          name: 'i',
          kind: 'build-image',
          environment: {},
          context: '.',
          dockerfile: 'Dockerfile',
          repository: 'r',
          buildArguments: { T: { secret: 'ARG' } },
          labels: {},
          publish: false,
        },
      ],
    });
    expect([...secretsNamedBy(job)].sort()).toEqual(['ARG', 'DB', 'ONE']);
  });
});
