import { BuildView, ProjectView, StepLogIndex } from '@cyclone/contracts';

type Json = Record<string, unknown>;

/** A step as the build view shows it. */
export const aStep = (id: string, changes: Json = {}): Json => ({
  id,
  name: id,
  stage: 'build',
  kind: 'run',
  needs: [],
  status: 'ended',
  outcome: 'succeeded',
  ignored: false,
  exitCode: 0,
  startedAt: 1_000,
  endedAt: 3_500,
  fence: 3,
  ...changes,
});

export const aBuild = (steps: readonly Json[], changes: Json = {}): BuildView =>
  BuildView.parse({
    id: 'b1',
    projectId: 'shop',
    number: 12,
    status: 'finished',
    outcome: 'failed',
    trust: 'trusted',
    versionName: 'ci_abc',
    sha: 'a'.repeat(40),
    ref: 'refs/heads/main',
    trigger: { kind: 'manual', ref: 'refs/heads/main' },
    message: 'Fix the shop\n\nlong story',
    authorName: 'Ann',
    requestedAt: 500,
    startedAt: 1_000,
    finishedAt: 95_000,
    streamVersion: 1,
    position: 1,
    repositoryUrl: 'https://git.example/acme/shop.git',
    problems: [],
    warnings: [],
    images: [],
    jobs: [{ id: 'j1', name: 'main', needs: [], labels: {}, status: 'ended', attempt: 1, fence: 3, steps }],
    ...changes,
  });

export const aProject = (settings: Json = {}, changes: Json = {}): ProjectView =>
  ProjectView.parse({
    id: 'shop',
    settings: { name: 'Shop', repository: { url: 'https://git.example/acme/shop.git', forge: 'bare' }, ...settings },
    secrets: [],
    credentials: [],
    createdAt: 1,
    changedAt: 1,
    deleted: false,
    streamVersion: 1,
    position: 1,
    ...changes,
  });

export const aLogIndex = (stepId: string, bytes: number, changes: Json = {}): StepLogIndex =>
  StepLogIndex.parse({
    jobId: 'j1',
    stepId,
    fence: 3,
    bytes,
    sealed: true,
    damaged: false,
    truncated: false,
    ...changes,
  });
