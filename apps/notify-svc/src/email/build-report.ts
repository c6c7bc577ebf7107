import type { BuildOutcome, BuildView, ProjectView, StepView } from '@cyclone/contracts';
import { toPlainLine } from './plain-text.js';

export interface StepRow {
  readonly name: string;
  readonly result: string;
  readonly duration: string;
  readonly note: string;
}

export interface LogTail {
  readonly stepName: string;
  readonly lines: readonly string[];
}

/** All that a mail says of a build, as plain words: both renderings show exactly this. */
export interface BuildReport {
  readonly project: string;
  readonly number: number;
  readonly branch: string;
  readonly outcome: BuildOutcome;
  readonly headline: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
  readonly stages: readonly { readonly title: string; readonly rows: readonly StepRow[] }[];
  readonly problems: readonly string[];
  readonly images: readonly string[];
  readonly tails: readonly LogTail[];
  readonly logNotes: readonly string[];
  readonly links: readonly (readonly [label: string, url: string])[];
}

export const outcomeWords: Record<BuildOutcome, string> = {
  succeeded: 'Succeeded',
  failed: 'Failed',
  timed_out: 'Timed out',
  cancelled: 'Cancelled',
  rejected: 'Rejected',
};

const stageTitles: Record<StepView['stage'], string> = {
  pre_build: 'Pre-build',
  build: 'Build',
  integration: 'Integration',
  post_build: 'Post-build',
  deploy: 'Deploy',
};
const stageOrder = Object.keys(stageTitles);
const lineCharsMax = 200;
const problemsMax = 50;

export const formatDuration = (ms: number): string => {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** `refs/heads/main` is `main` to people, `refs/tags/v1` is `tag v1`. */
export const shortRef = (ref: string): string => ref.replace(/^refs\/heads\//, '').replace(/^refs\/tags\//, 'tag ');

const elapsed = (from: number | undefined, to: number | undefined): string =>
  from === undefined || to === undefined ? '' : formatDuration(to - from);

const resultOf = (step: StepView): string => {
  if (step.status !== 'ended') return step.status === 'running' ? 'not ended' : 'not run';
  return step.outcome === 'timed_out' ? 'timed out' : (step.outcome ?? 'ended');
};

const noteOf = (step: StepView): string => {
  const parts = [
    step.exitCode !== undefined && step.exitCode !== 0 ? `exit code ${step.exitCode}` : undefined,
    step.reason === undefined ? undefined : toPlainLine(step.reason.message, lineCharsMax),
    step.ignored ? 'failure ignored' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
};

const stagesOf = (build: BuildView): BuildReport['stages'] => {
  const severalJobs = build.jobs.length > 1;
  const rows = build.jobs.flatMap((job) =>
    job.steps.map((step) => ({
      stage: step.stage,
      row: {
        name: toPlainLine(severalJobs ? `${job.name} / ${step.name}` : step.name, lineCharsMax),
        result: resultOf(step),
        duration: elapsed(step.startedAt, step.endedAt),
        note: noteOf(step),
      },
    })),
  );
  const byStage = Map.groupBy(rows, ({ stage }) => stage);
  return [...byStage]
    .sort(([a], [b]) => stageOrder.indexOf(a) - stageOrder.indexOf(b))
    .map(([stage, members]) => ({ title: stageTitles[stage], rows: members.map(({ row }) => row) }));
};

const triggerWords = ({ trigger }: BuildView): string => {
  if (trigger.kind === 'manual') return 'started by hand';
  if (trigger.kind === 'rerun') return 'run again';
  const { kind, sender, pullRequest } = trigger.change;
  const what =
    kind === 'pull_request' && pullRequest !== undefined
      ? `pull request ${pullRequest.number}`
      : kind.replace('_', ' ');
  return toPlainLine(sender === undefined ? what : `${what} by ${sender}`, lineCharsMax);
};

const factsOf = (build: BuildView): BuildReport['facts'] => {
  const facts: (readonly [string, string])[] = [
    [
      'Commit',
      [build.sha?.slice(0, 12), toPlainLine(build.message.split('\n')[0] ?? '', lineCharsMax)]
        .filter(Boolean)
        .join(' '),
    ],
    ['Author', toPlainLine(build.authorName, lineCharsMax)],
    ['Cause', triggerWords(build)],
    ['Version', build.versionName ?? ''],
    ['Duration', elapsed(build.startedAt ?? build.requestedAt, build.finishedAt)],
    ['Reason', build.reason === undefined ? '' : toPlainLine(build.reason.message, lineCharsMax)],
  ];
  return facts.filter(([, value]) => value !== '');
};

/** One line an image, with all tags it got; the tag of the build alone says nothing beside a version. */
const imagesOf = (build: BuildView): string[] => {
  const byDigest = new Map<string, string[]>();
  for (const { repository, digest, tags } of build.images) {
    const name = `${repository}@${digest}`;
    byDigest.set(name, [...(byDigest.get(name) ?? []), ...tags]);
  }
  return [...byDigest].map(([name, tags]) => {
    const versions = tags.filter((tag) => !tag.startsWith('cyclone-'));
    return toPlainLine(versions.length === 0 ? name : `${name} (${versions.join(', ')})`, 400);
  });
};

const problemsOf = (build: BuildView): string[] =>
  build.problems.slice(0, problemsMax).map(({ file, line, column, message, hint }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    return toPlainLine(`${place}: ${message}${hint === undefined ? '' : ` (${hint})`}`, 400);
  });

/** Whose end explains the build's: not ignored, and not merely skipped or stopped because of another. */
export const failedSteps = (build: BuildView): readonly StepView[] =>
  build.jobs
    .flatMap((job) => job.steps)
    .filter((step) => !step.ignored && (step.outcome === 'failed' || step.outcome === 'timed_out'));

export const buildReport = (
  build: BuildView,
  project: ProjectView,
  logs: { readonly tails: readonly LogTail[]; readonly notes: readonly string[] },
  links: BuildReport['links'],
): BuildReport => {
  const outcome = build.outcome ?? 'failed';
  const branch = toPlainLine(shortRef(build.ref ?? 'unknown'), lineCharsMax);
  const name = toPlainLine(project.settings.name, 100);
  return {
    project: name,
    number: build.number,
    branch,
    outcome,
    headline: `${name}: ${branch} #${build.number} ${outcomeWords[outcome].toLowerCase()}`,
    facts: factsOf(build),
    stages: stagesOf(build),
    problems: problemsOf(build),
    images: imagesOf(build),
    tails: logs.tails,
    logNotes: logs.notes,
    links,
  };
};
