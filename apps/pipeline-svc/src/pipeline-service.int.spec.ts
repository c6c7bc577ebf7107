import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pipelineAsks, type BuildId, type JobAssignment } from '@cyclone/contracts';
import { AskRefusedError } from '@cyclone/messaging/nest';
import { eventually } from '@cyclone/testing';
import { PipelineWorld, PlayedRunner, twoStepFile } from './testing/pipeline-world.js';

let world: PipelineWorld;
let runner: PlayedRunner;

beforeAll(async () => {
  world = await PipelineWorld.begin();
  await world.start();
  await world.createProject();
  runner = new PlayedRunner(world);
  await runner.announce(0);
  await runner.takeOffers();
}, 120_000);

afterAll(async () => {
  await runner.leave();
  await world.end();
}, 30_000);

const refusalOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
  } catch (error) {
    if (error instanceof AskRefusedError) return error.refusal.code;
    throw error;
  }
  throw new Error('it was not refused');
};

const offerOf = (buildId: BuildId) =>
  eventually(() => {
    const offer = runner.offers.findLast((known) => known.buildId === buildId);
    if (offer === undefined) throw new Error('no offer yet');
    return offer;
  });

const pushAndClaim = async (
  files: Record<string, string> = { 'cyclone.yaml': twoStepFile },
): Promise<JobAssignment> => {
  await runner.announce(4);
  const { buildId } = await world.requestBuild(world.repository.commit(files, `Change ${Math.random()}`));
  return runner.claim(await offerOf(buildId));
};

const runSteps = async (assignment: JobAssignment): Promise<string[]> => {
  const ids: string[] = [];
  for (const { id: stepId } of assignment.job.steps) {
    ids.push(await runner.report(assignment, { kind: 'step-started', stepId, startedAt: 1 }));
    ids.push(
      await runner.report(assignment, {
        kind: 'step-ended',
        stepId,
        outcome: 'succeeded',
        exitCode: 0,
        ignored: false,
        endedAt: 2,
      }),
    );
  }
  ids.push(await runner.report(assignment, { kind: 'job-ended', outcome: 'succeeded' }));
  return ids;
};

const finished = (buildId: BuildId) =>
  eventually(async () => {
    const view = await world.build(buildId);
    expect(view.status).toBe('finished');
    return view;
  });

describe('from a push to the end of its build', () => {
  it('plans, offers, gives the job with its secrets, and ends by the reports', async () => {
    await world.asks.ask(pipelineAsks.setSecret, {
      ...world.origin(),
      projectId: world.projectId,
      name: 'token',
      value: 'first',
    });
    await runner.announce(4);
    const sha = world.repository.commit({ 'cyclone.yaml': twoStepFile });
    const { buildId } = await world.requestBuild(sha);
    await world.asks.ask(pipelineAsks.setSecret, {
      ...world.origin(),
      projectId: world.projectId,
      name: 'token',
      value: 'second',
    });

    const assignment = await runner.claim(await offerOf(buildId));
    expect(assignment.secrets).toEqual({ token: 'first' });
    expect(assignment.source).toMatchObject({ sha, localPath: world.repository.path });
    expect(assignment.environment).toMatchObject({
      CI: 'true',
      CI_COMMIT_SHA: sha,
      CI_COMMIT_BRANCH: 'main',
      CI_PIPELINE_EVENT: 'push',
    });
    const again = await runner.claim(assignmentOffer(assignment));
    expect(again.fence).toBe(assignment.fence);

    const reportIds = await runSteps(assignment);
    const view = await finished(buildId);
    expect(view).toMatchObject({ outcome: 'succeeded', sha, versionName: `ci_${sha}`, authorName: 'Ada' });
    expect(view.jobs[0]?.steps.every((step) => step.outcome === 'succeeded')).toBe(true);
    await eventually(() => expect(new Set(runner.confirmed)).toEqual(new Set(reportIds)));
    await eventually(async () => {
      const { items } = await world.asks.ask(pipelineAsks.listBuilds, {
        projects: [world.projectId],
        status: 'finished',
      });
      expect(items.map((item) => item.id)).toContain(buildId);
    });
  });

  it('makes one build of a change however many deliveries tell of it', async () => {
    const sha = world.repository.commit({ 'cyclone.yaml': twoStepFile }, 'Told twice');
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.requestBuild(sha)));
    expect(new Set(answers.map((answer) => answer.buildId)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.causedBy)).size).toBe(1);
  });

  it('rejects a file with mistakes, with their places', async () => {
    const sha = world.repository.commit({ 'cyclone.yaml': 'stepz: []\n' }, 'A slip');
    const { buildId } = await world.requestBuild(sha);
    const view = await finished(buildId);
    expect(view).toMatchObject({ outcome: 'rejected', reason: { code: 'pipeline-file-invalid' } });
    expect(view.problems[0]).toMatchObject({ file: 'cyclone.yaml', line: 1 });
  });

  it('rejects a commit that the repository does not have', async () => {
    const view = await world.asks.ask(pipelineAsks.startBuild, {
      ...world.origin(),
      projectId: world.projectId,
      ref: 'no-such-branch',
    });
    expect(await finished(view.id)).toMatchObject({ outcome: 'rejected', reason: { code: 'ref-gone' } });
    const option = await world.asks.ask(pipelineAsks.startBuild, {
      ...world.origin(),
      projectId: world.projectId,
      ref: '--upload-pack=x',
    });
    expect(await finished(option.id)).toMatchObject({ outcome: 'rejected', reason: { code: 'ref-gone' } });
  });
});

const assignmentOffer = ({ buildId, attempt, job }: JobAssignment) => ({ buildId, attempt, jobId: job.id });

describe('an outsider’s pull request', () => {
  it('runs what the base branch says, on the outsider’s commit, without a secret', async () => {
    const base = world.repository.commit({ 'cyclone.yaml': twoStepFile }, 'The base');
    const evil = world.repository.commitAside(
      { 'cyclone.yaml': 'steps: [{name: steal, image: busybox, commands: [env]}]' },
      'refs/pull/5/head',
    );
    await world.asks.ask(pipelineAsks.setSecret, {
      ...world.origin(),
      projectId: world.projectId,
      name: 'token',
      value: 'secret',
    });
    await runner.announce(4);
    const pullRequest = { number: 5, title: 'Gift', baseRef: 'refs/heads/main', fromFork: true };
    const { buildId } = await world.requestBuild(evil, { kind: 'pull_request', ref: 'refs/pull/5/head', pullRequest });
    const assignment = await runner.claim(await offerOf(buildId));
    expect(assignment).toMatchObject({ trust: 'untrusted', secrets: {}, registries: [], source: { sha: evil } });
    expect(assignment.job.steps.map((step) => step.name)).not.toContain('steal');
    expect((await world.build(buildId)).versionName).toBe(`pr_5_${evil}`);
    expect(base).not.toBe(evil);
    const again = await world.asks.ask(pipelineAsks.rerunBuild, { ...world.origin(), buildId });
    expect(again.trust).toBe('untrusted');
  });
});

describe('what must not happen', () => {
  it('a second runner does not get a claimed job', async () => {
    const assignment = await pushAndClaim();
    const other = new PlayedRunner(world, (await import('@cyclone/contracts')).RunnerId.parse('runner-2'));
    expect(await refusalOf(other.claim(assignmentOffer(assignment)))).toBe('job-not-available');
    await other.leave();
  });

  it('a report with another job’s token changes nothing', async () => {
    const [one, two] = [await pushAndClaim(), await pushAndClaim()];
    await runner.report(one, { kind: 'job-ended', outcome: 'succeeded' }, { token: two.token });
    await runSteps(two);
    await finished(two.buildId);
    expect((await world.build(one.buildId)).status).toBe('running');
  });

  it('a repeated report counts once, and is confirmed again', async () => {
    const assignment = await pushAndClaim();
    const [reportId] = await runSteps(assignment);
    const view = await finished(assignment.buildId);
    const stepId = assignment.job.steps[0]?.id;
    const before = runner.confirmed.filter((id) => id === reportId).length;
    await runner.report(assignment, { kind: 'step-started', stepId, startedAt: 1 }, { reportId: reportId ?? '' });
    await eventually(() => expect(runner.confirmed.filter((id) => id === reportId).length).toBeGreaterThan(before));
    expect((await world.build(assignment.buildId)).streamVersion).toBe(view.streamVersion);
  });
});

describe('stopping, repeating and looking back', () => {
  it('cancels a running build: the runner is ordered to stop, and its report ends the build', async () => {
    const assignment = await pushAndClaim();
    const { buildId, fence, attempt, job } = assignment;
    const view = await world.asks.ask(pipelineAsks.cancelBuild, { ...world.origin(), buildId });
    expect(view.status).toBe('cancelling');
    const held = { buildId, jobId: job.id, attempt, fence };
    expect((await runner.announce(3, [held])).cancel).toEqual([held]);
    await runner.report(assignment, { kind: 'job-ended', outcome: 'cancelled' });
    expect((await finished(buildId)).outcome).toBe('cancelled');
    expect((await runner.announce(4, [held])).drop).toEqual([held]);
    expect(await refusalOf(world.asks.ask(pipelineAsks.cancelBuild, { ...world.origin(), buildId }))).toBe(
      'build-already-finished',
    );
  });

  it('runs a build again on the same commit with the same plan', async () => {
    const assignment = await pushAndClaim();
    await runSteps(assignment);
    const before = await finished(assignment.buildId);
    const again = await world.asks.ask(pipelineAsks.rerunBuild, { ...world.origin(), buildId: assignment.buildId });
    const offer = await offerOf(again.id);
    expect(await runner.claim(offer)).toMatchObject({ planDigest: before.planDigest, source: { sha: before.sha } });
  });

  it('shows a build as it was at a position', async () => {
    const assignment = await pushAndClaim();
    await runSteps(assignment);
    await finished(assignment.buildId);
    const events = await eventually(async () => {
      const { items } = await world.asks.ask(pipelineAsks.listBuildEvents, { buildId: assignment.buildId });
      expect(items.at(-1)?.type).toBe('BuildFinished');
      return items;
    });
    const claimed = events.find((event) => event.type === 'JobClaimed');
    const then = await world.asks.ask(pipelineAsks.getBuild, {
      buildId: assignment.buildId,
      at: { position: claimed?.position ?? 0 },
    });
    expect(then).toMatchObject({ status: 'running', streamVersion: claimed?.streamVersion });
    expect(then.jobs[0]?.steps.every((step) => step.status === 'waiting')).toBe(true);
  });
});

describe('a restart in the middle', () => {
  it('plans what was requested, and goes on with what a runner holds', async () => {
    const assignment = await pushAndClaim();
    await world.stop();
    const reported = await runSteps(assignment);
    await world.start();
    expect((await finished(assignment.buildId)).outcome).toBe('succeeded');
    await eventually(() => expect(runner.confirmed).toEqual(expect.arrayContaining(reported)));
  }, 20_000);
});
