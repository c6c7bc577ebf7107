import type { CompileContext } from '../compile-context.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import type { Span } from '../problems/source-text.js';
import {
  builtImage,
  type ContainerContent,
  type FileContent,
  type PreBuildContent,
  type ScriptContent,
} from './file-shape.js';
import { publishesIn2016 } from './operations.js';

/** Rules between keys; above all that nothing is dropped in silence, as it was in 2016. */
export function checkFile(file: FileContent, context: CompileContext, report: ProblemReport): void {
  for (const { name, value, nameSpan } of file.pre_build ?? []) checkPreBuild(name, nameSpan, value, report);
  for (const { name, nameSpan, value } of file.build ?? []) {
    if (value.place.has('context_dir') || value.place.has('dockerfile_name')) continue;
    report.error(
      'nothing-to-build',
      nameSpan,
      `${quoted(name)} names neither \`context_dir\` nor \`dockerfile_name\``,
      'add `dockerfile_name: Dockerfile`',
    );
  }
  if (file.integration !== undefined) checkIntegration(file.integration, file, report);
  if (file.post_build !== undefined)
    checkScript('post_build', file.place.keySpan('post_build'), file.post_build, file, report);
  const [deployment] = file.deploy ?? [];
  if (deployment !== undefined) {
    report.error(
      'deploy-not-carried-out',
      file.place.keySpan('deploy'),
      'this version does not deploy, and a deployment that is left out must not look like one that was made',
      'remove `deploy`, or leave it empty: `deploy: []`',
    );
  }
  checkPublishing(file, context, report);
}

function checkPublishing(file: FileContent, context: CompileContext, report: ProblemReport): void {
  const builds = file.build ?? [];
  const span = file.place.keySpan('build');
  if (builds.length > 1) {
    const last = builds.at(-1)?.name ?? '';
    report.warning(
      'one-image',
      span,
      `all of these build the same image, so only the last, ${quoted(last)}, is used and published`,
      'a `cyclone.yaml` can build several images',
    );
  }
  if (builds.length > 0 && publishesIn2016(context).publish && context.imageRepository === undefined) {
    report.error(
      'nowhere-to-publish',
      span,
      'the image is to be published, but the project has no image repository',
      'set the image repository of the project',
    );
  }
}

function checkPreBuild(name: string, span: Span, content: PreBuildContent, report: ProblemReport): void {
  const ofDockerfile = content.place.has('context_dir') || content.place.has('dockerfile_name');
  if (ofDockerfile && content.place.has('image')) {
    report.error(
      'two-images',
      content.place.keySpan('image'),
      'this step has an image and a Dockerfile',
      'keep `image`, or keep `context_dir` and `dockerfile_name`',
    );
  }
  if (!ofDockerfile && !content.place.has('image'))
    reportNoImage(name, span, 'add `image: golang:1.25`, or `dockerfile_name`', report);
  if (content.image?.value === builtImage) {
    report.error(
      'image-not-built-yet',
      content.image.span,
      `${quoted(builtImage)} is built only after \`pre_build\``,
      'name another image',
    );
  }
  reportLinks(content, report);
  checkContainer(content, report);
}

function checkIntegration(
  integration: NonNullable<FileContent['integration']>,
  file: FileContent,
  report: ProblemReport,
): void {
  const services = integration.services ?? [];
  if (!integration.place.has('image')) {
    reportNoImage(
      'integration',
      file.place.keySpan('integration'),
      'add `image: BUILT_IMAGE` to run the commands in the image just built, or name another',
      report,
    );
  } else {
    checkScript('integration', file.place.keySpan('integration'), integration, file, report);
  }
  const names = new Set(services.map((service) => service.name));
  const hosts = new Map<string, string>();
  for (const service of services) {
    const twin = hosts.get(hostNameOf(service.name));
    if (twin !== undefined)
      report.error(
        'duplicate-name',
        service.nameSpan,
        `${quoted(service.name)} and ${quoted(twin)} are one host name`,
        'give one of them another name',
      );
    hosts.set(hostNameOf(service.name), service.name);
    if (!service.value.place.has('image'))
      reportNoImage(service.name, service.nameSpan, 'add `image: mysql:8`', report);
    checkBuiltImage(service.value, file, report);
    checkContainer(service.value, report);
    if (service.value.net === 'none')
      report.error(
        'refused',
        service.value.place.keySpan('net'),
        'a service without a network can be reached by nobody',
        'remove `net`',
      );
    for (const key of ['volumes', 'extra_hosts', 'dns']) {
      if (service.value.place.has(key))
        report.error(
          'not-for-a-service',
          service.value.place.keySpan(key),
          `\`${key}\` is not carried out for services`,
          'put what the service needs into its image, or run it in a step',
        );
    }
  }
  for (const content of [integration, ...services.map((service) => service.value)]) {
    for (const { value, span } of content.links ?? []) {
      const target = value.split(':')[0] ?? '';
      if (!names.has(target))
        report.error(
          'unknown-service',
          span,
          `there is no service called ${quoted(target)}`,
          `services here: ${[...names].join(', ') || 'none'}`,
        );
    }
  }
}

function checkScript(name: string, span: Span, content: ScriptContent, file: FileContent, report: ProblemReport): void {
  if (!content.place.has('image'))
    reportNoImage(name, span, 'add `image: BUILT_IMAGE` to use the image just built, or name another', report);
  checkBuiltImage(content, file, report);
  if (name !== 'integration') reportLinks(content, report);
  checkContainer(content, report);
  for (const key of ['entrypoint', 'command']) {
    if (content.place.has('commands') && content.place.has(key))
      report.warning(
        'not-honoured',
        content.place.keySpan(key),
        `\`${key}\` has no effect beside \`commands\``,
        'remove it',
      );
  }
}

function reportNoImage(name: string, span: Span, hint: string, report: ProblemReport): void {
  report.error(
    'step-without-image',
    span,
    `${quoted(name)} says no image, so there is nothing to run it in; in 2016 it was skipped in silence`,
    hint,
  );
}

function checkBuiltImage(content: ContainerContent, file: FileContent, report: ProblemReport): void {
  if (content.image?.value !== builtImage || file.place.has('build')) return;
  report.error(
    'nothing-built',
    content.image.span,
    'nothing is built in this file',
    'add `build: {dockerfile_name: Dockerfile}`',
  );
}

function reportLinks(content: ContainerContent, report: ProblemReport): void {
  const [link] = content.links ?? [];
  if (link !== undefined)
    report.error(
      'unknown-service',
      link.span,
      'there are no services here to link to',
      'services stand in `integration`',
    );
}

/** What a container may not have is an error; what it may have but gets not is a warning. */
function checkContainer(content: ContainerContent, report: ProblemReport): void {
  const { place } = content;
  const refuse = (key: string, why: string) =>
    report.error('refused', place.keySpan(key), `\`${key}\` is refused: ${why}`, 'remove it');
  const ignore = (key: string, why: string) =>
    report.warning('not-honoured', place.keySpan(key), `\`${key}\` is not honoured: ${why}`, 'remove it');
  if (content.privileged === true)
    refuse('privileged', 'a privileged container owns its runner; images are built by `build`');
  if ((content.devices ?? []).length > 0) refuse('devices', 'containers get no devices of their runner');
  if (content.net === 'host' || content.net?.startsWith('container:') === true)
    refuse('net', 'containers get no network of their runner');
  else if (content.net !== undefined && !['none', 'bridge', 'default'].includes(content.net))
    ignore('net', 'each build has a network of its own');
  if (place.has('auth_config'))
    ignore(
      'auth_config',
      'accounts of registries are credentials of the project, and a password does not belong in a repository',
    );
  if (place.has('cpuset')) ignore('cpuset', 'runners share their processors by load');
  if (content.oom_kill_disable === true)
    ignore('oom_kill_disable', 'a container that needs more memory than it may have is ended');
}

/** What DNS takes as a name; Docker of 2016 also took underscores and capitals, which stay as an alias. */
export function hostNameOf(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'service'
  );
}
