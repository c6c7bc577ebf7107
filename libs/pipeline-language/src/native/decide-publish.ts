import type { CompileContext } from '../compile-context.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { repositoryFor } from '../plan/plan-draft.js';
import type { NamedStep } from './file-shape.js';
import { expandTag } from './image-tags.js';
import { judge } from './when.js';

export interface PublishDecision {
  readonly repository: string;
  /** None: the image stays in the engine, for later steps of the job. */
  readonly tags: string[];
  /** Why it is not published, where the file would have it published at other times. */
  readonly reason?: string;
}

/** Pull requests are built, not published, unless the file says otherwise. Outsiders never publish. */
export function decidePublish(step: NamedStep, context: CompileContext, report: ProblemReport): PublishDecision {
  const repository = step.value.build?.image ?? repositoryFor(context);
  const reason = refusalOf(step, context);
  if (reason !== undefined) return { repository, tags: [], ...(reason === '' ? {} : { reason }) };
  const asked = step.value.build?.tags?.map((tag) => tag.value) ?? ['{version}'];
  const tags = [...new Set(asked.map((tag) => expandTag(tag, context)).filter((tag) => tag !== undefined))];
  if (tags.length === 0)
    return { repository, tags, reason: `none of its tags has a value in this build: ${asked.join(', ')}` };
  if (step.value.build?.image === undefined && context.imageRepository === undefined)
    reportNowhereToPublish(step, report);
  return { repository, tags };
}

/** Empty where the file says plainly that it publishes nothing. */
function refusalOf(step: NamedStep, context: CompileContext): string | undefined {
  const publish = step.value.build?.publish;
  if (publish?.kind === 'never') return '';
  if (context.trust === 'untrusted') return "an outsider's change is built, never published";
  if (publish === undefined)
    return context.event === 'pull_request' ? 'a pull request is not published unless `publish` says so' : undefined;
  if (publish.kind === 'always') return undefined;
  const verdict = judge(publish.conditions, context);
  return verdict.holds ? undefined : verdict.reason;
}

function reportNowhereToPublish(step: NamedStep, report: ProblemReport): void {
  const hint =
    'add `image: registry.example.com/team/app` to `build`, set the image repository of the project, or write `publish: false`';
  report.error(
    'nowhere-to-publish',
    step.value.place.keySpan('build'),
    `${quoted(step.name)} is to be published, but nothing says where`,
    hint,
  );
}

/** Two images under one name: the later would silently win. */
export function reportTagClashes(decisions: ReadonlyMap<NamedStep, PublishDecision>, report: ProblemReport): void {
  const owners = new Map<string, string>();
  for (const [step, { repository, tags }] of decisions) {
    for (const tag of tags) {
      const owner = owners.get(`${repository}:${tag}`);
      if (owner === undefined) owners.set(`${repository}:${tag}`, step.name);
      else
        report.error(
          'same-image',
          step.value.place.keySpan('build'),
          `${quoted(step.name)} and ${quoted(owner)} both publish ${quoted(`${repository}:${tag}`)}`,
          'give one of them another `image` or other `tags`',
        );
    }
  }
}
