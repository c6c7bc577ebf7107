import type { CompileContext, SkippedPart } from '../compile-context.js';
import { limits } from '../limits.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { emitEnvironment } from '../plan/emit-environment.js';
import {
  cloneStep,
  IdAllocator,
  jobId,
  publishStep,
  repositoryFor,
  workspacePath,
  type BuildDraft,
  type PlanDraft,
  type RunDraft,
  type ServiceDraft,
  type StepDraft,
} from '../plan/plan-draft.js';
import { asTag } from '../words/image.js';
import { hostNameOf } from './check-file.js';
import {
  builtImage,
  type BuildContent,
  type FileContent,
  type IntegrationContent,
  type PreBuildContent,
  type ServiceContent,
} from './file-shape.js';
import { publishesIn2016 } from './operations.js';

type JobDraft = PlanDraft['jobs'][number];
type Stage = StepDraft['stage'];

/** The order of 2016: clone, pre_build, build, integration, publish, post_build; one after the other. */
export class CaicloudEmitter {
  readonly #ids = new IdAllocator();
  readonly #steps: StepDraft[] = [];
  readonly #services: ServiceDraft[] = [];
  /** Id of the step whose image is `BUILT_IMAGE`. */
  #built = '';

  constructor(
    readonly file: FileContent,
    readonly context: CompileContext,
    readonly report: ProblemReport,
    readonly skipped: SkippedPart[],
  ) {}

  job(): JobDraft {
    const { file } = this;
    const { timeoutMs } = this.context;
    this.#steps.push(cloneStep(this.#ids.next('clone'), { timeoutMs }));
    for (const { name, value } of file.pre_build ?? []) this.#addPreBuild(name, value);
    this.#addBuilds();
    if (file.integration !== undefined) this.#addIntegration(file.integration);
    this.#addPublishing();
    return {
      id: jobId,
      name: jobId,
      needs: [],
      runWhen: 'success',
      labels: {},
      timeoutMs,
      workspacePath,
      services: this.#services,
      steps: this.#steps,
    };
  }

  #addPreBuild(name: string, content: PreBuildContent): void {
    const outputs = (content.outputs ?? []).map((path) => (path.length > 1 ? path.replace(/\/+$/, '') : path));
    if (content.place.has('image')) {
      this.#addRun(name, 'pre_build', content, outputs);
      return;
    }
    const throwAway = this.#addBuild(`${name} image`, 'pre_build', content, {
      repository: `${this.context.projectId}-pre-build`,
      publish: false,
    });
    const common = this.#common(name, 'pre_build');
    this.#steps.push({ ...this.#run(content, common), image: { kind: 'built', step: throwAway }, outputs });
  }

  #addBuilds(): void {
    const builds = this.file.build ?? [];
    const { publish } = publishesIn2016(this.context);
    for (const [index, { name, value }] of builds.entries()) {
      const isLast = index === builds.length - 1;
      this.#built = this.#addBuild(name, 'build', value, {
        repository: repositoryFor(this.context),
        publish: publish && isLast,
      });
    }
  }

  #addBuild(
    name: string,
    stage: Stage,
    content: BuildContent,
    image: { repository: string; publish: boolean },
  ): string {
    const parts = (path: string) => path.split('/').filter((part) => part !== '' && part !== '.');
    const context = parts(content.context_dir ?? '.');
    const dockerfile = [...context, ...parts(content.dockerfile_name ?? 'Dockerfile')].join('/');
    const step: BuildDraft = {
      kind: 'build-image',
      ...this.#common(name, stage),
      environment: {},
      context: context.join('/') || '.',
      dockerfile,
      buildArguments: {},
      labels: {},
      ...image,
    };
    this.#steps.push(step);
    return step.id;
  }

  #addIntegration(content: IntegrationContent): void {
    const id = this.#addRun('integration', 'integration', content, []);
    const links = [content, ...(content.services ?? []).map((service) => service.value)].flatMap(
      (each) => each.links ?? [],
    );
    const ids = new IdAllocator();
    for (const service of content.services ?? []) {
      const name = hostNameOf(service.name);
      const linked = links.map((link) => link.value.split(':')).filter(([target]) => target === service.name);
      const aliases = new Set(
        [service.name, ...linked.map(([, alias]) => alias ?? name)].filter((alias) => alias !== name),
      );
      this.#services.push(this.#service(service.value, ids.next(name), name, [...aliases], id));
    }
  }

  #service(content: ServiceContent, id: string, name: string, aliases: string[], usedBy: string): ServiceDraft {
    const port = content.ports?.[0]?.replace('/tcp', '').split(':').at(-1);
    return {
      id,
      name,
      ...(aliases.length > 0 ? { aliases } : {}),
      image: this.#image(content),
      environment: emitEnvironment(content.environment ?? [], this.context, this.report),
      entrypoint: content.entrypoint,
      command: content.command,
      readiness: port === undefined ? undefined : { port: Number(port), timeoutMs: limits.readyTimeoutMsDefault },
      limits: { memoryBytes: content.mem_limit },
      usedBy: [usedBy],
    };
  }

  #addPublishing(): void {
    const { publish, reason } = publishesIn2016(this.context);
    const { file } = this;
    if (publish && this.#built !== '') {
      const common = this.#common('publish', 'post_build');
      this.#steps.push(
        publishStep({
          id: common.id,
          name: common.name,
          from: this.#built,
          tags: [asTag(this.context.versionName)],
          needs: common.needs,
          timeoutMs: common.timeoutMs,
        }),
      );
    } else {
      this.skipped.push({ step: 'publish', reason: publish ? 'the file has no `build` section' : reason });
    }
    if (file.post_build === undefined) return;
    if (publish) this.#addRun('post_build', 'post_build', file.post_build, []);
    else this.skipped.push({ step: 'post_build', reason });
  }

  #addRun(name: string, stage: Stage, content: PreBuildContent | IntegrationContent, outputs: string[]): string {
    const common = this.#common(name, stage);
    this.#steps.push({ ...this.#run(content, common), outputs });
    return common.id;
  }

  #run(
    content: PreBuildContent | IntegrationContent,
    common: Omit<
      RunDraft,
      'kind' | 'environment' | 'image' | 'network' | 'limits' | 'mounts' | 'extraHosts' | 'dns' | 'outputs'
    >,
  ): RunDraft {
    const clone = content.volumes?.find((volume) => volume.source === '.');
    const scripted = content.commands !== undefined;
    return {
      kind: 'run',
      ...common,
      environment: emitEnvironment(content.environment ?? [], this.context, this.report),
      image: this.#image(content),
      commands: content.commands,
      entrypoint: scripted ? undefined : content.entrypoint,
      command: scripted ? undefined : content.command,
      workingDir: clone?.target,
      network: content.net === 'none' ? 'none' : 'job',
      limits: { memoryBytes: content.mem_limit },
      mounts: content.volumes ?? [],
      extraHosts: content.extra_hosts ?? [],
      dns: content.dns ?? [],
      outputs: [],
    };
  }

  #image(content: ServiceContent): RunDraft['image'] {
    const name = content.image?.value ?? builtImage;
    return name === builtImage
      ? { kind: 'built', step: this.#built }
      : { kind: 'named', name, pull: content.pull === true ? 'always' : 'if-missing' };
  }

  /** Each step waits for the one before. */
  #common(name: string, stage: Stage) {
    const previous = this.#steps.at(-1);
    const needs = previous === undefined ? [] : [previous.id];
    return {
      id: this.#ids.next(name),
      name,
      stage,
      needs,
      runWhen: 'success' as const,
      onFailure: 'fail' as const,
      timeoutMs: this.context.timeoutMs,
    };
  }
}
