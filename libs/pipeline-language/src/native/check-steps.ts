import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { hostNamePattern } from '../words/hosts.js';
import type { FileContent, NamedService, NamedStep } from './file-shape.js';
import { reportDuplicateNames } from './named-items.js';

/** Keys that mean something for a container of the user's, and nothing for an image build. */
const containerOnly: ReadonlyMap<string, string> = new Map([
  ['image', 'where the image goes is `build.image`'],
  ['commands', 'an image build runs its Dockerfile: write these lines there, or in a step of their own'],
  ['environment', 'an image build takes `build.args`'],
  ['services', 'an image build reaches no services'],
  ['limits', "the engine builds the image: its ceilings are the engine's"],
  ['entrypoint', 'write it in the Dockerfile'],
  ['command', 'write it in the Dockerfile'],
  ['working_dir', 'write it in the Dockerfile'],
  ['user', 'write it in the Dockerfile'],
  ['pull', 'the engine takes the base images it has'],
  ['network', 'the engine builds the image: remove it'],
  ['extra_hosts', 'the engine builds the image: remove it'],
  ['dns', 'the engine builds the image: remove it'],
]);

/** Rules between keys, which no shape of a single key can say. */
export function checkFile(file: FileContent, report: ProblemReport): void {
  const steps = file.steps ?? [];
  reportDuplicateNames(steps, 'steps', report);
  for (const step of steps) checkStep(step, report);
  const services = [...(file.services ?? []), ...steps.flatMap((step) => step.value.services ?? [])];
  reportDuplicateNames(services, 'services', report);
  for (const service of services) checkService(service, report);
}

function checkStep(step: NamedStep, report: ProblemReport): void {
  const { place } = step.value;
  if (place.has('build')) {
    for (const [key, hint] of containerOnly) {
      if (place.has(key))
        report.error('not-for-a-build', place.keySpan(key), `\`${key}\` has no meaning beside \`build\``, hint);
    }
    if (step.value.failure === 'ignore') {
      const hint = 'remove it; a step that may go without the image can say so itself';
      report.error(
        'not-for-a-build',
        place.keySpan('failure'),
        'without its image nothing can be published or tried, so a build may not fail',
        hint,
      );
    }
    return;
  }
  if (!place.has('image')) {
    const hint = 'add `image: node:24`, or `build: {dockerfile: Dockerfile}` to build one';
    report.error(
      'step-without-image',
      step.nameSpan,
      `step ${quoted(step.name)} says neither \`image\` nor \`build\`, so there is nothing to run it in`,
      hint,
    );
  }
  for (const key of ['command', 'entrypoint']) {
    if (!place.has('commands') || !place.has(key)) continue;
    report.error(
      'two-ways-to-run',
      place.keySpan(key),
      `\`${key}\` has no effect beside \`commands\``,
      "keep `commands` for a shell script, or `command` for the image's own program",
    );
  }
  if (step.value.network === 'none' && place.has('services')) {
    report.error(
      'services-without-network',
      place.keySpan('services'),
      'a step with `network: none` reaches no services',
      'remove one of the two',
    );
  }
}

function checkService(service: NamedService, report: ProblemReport): void {
  if (!service.value.place.has('image')) {
    report.error(
      'service-without-image',
      service.nameSpan,
      `service ${quoted(service.name)} says no \`image\``,
      'add `image: postgres:17`',
    );
  }
  if (!hostNamePattern.test(service.name)) {
    report.error(
      'bad-host-name',
      service.nameSpan,
      `${quoted(service.name)} cannot be the host name of a service`,
      'use lower-case letters, digits and `-`, at most 63',
    );
  }
}
