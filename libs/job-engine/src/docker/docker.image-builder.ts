import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { ExecutorError } from '../errors.js';
import type { ImageBuild, ImageBuilder, ImagePublication, PushedImage } from '../image-builder.js';
import type { OutputSink } from '../logs/output-sink.js';
import { buildContext } from './build-context.js';
import { engineMessage, isUnreachable } from './docker-errors.js';
import { Holders } from './holders.js';
import { authFor, registryHostOf, type Registries } from './images.js';
import { followProgress, ProgressError, progressText, type ProgressLine } from './progress.js';

const pushTriesMax = 4;
const pushPauseMsFirst = 500;

type Push = Omit<ImagePublication, 'digest' | 'tags'>;

/** Builds with the engine's own builder (the classic one of its API), and pushes through the engine. */
export class DockerImageBuilder implements ImageBuilder {
  private readonly holders: Holders;

  constructor(
    private readonly docker: Docker,
    runner: string,
  ) {
    this.holders = new Holders(docker, runner);
  }

  async build(build: ImageBuild): Promise<void> {
    const { step, output, reference, signal, workspacePath } = build;
    signal.throwIfAborted();
    const folder = inWorkspace(workspacePath, step.context);
    const dockerfilePath = inWorkspace(workspacePath, step.dockerfile);
    const files = await this.holders.holdFiles(build.attempt, build.workspace, workspacePath);
    try {
      const { archive, dockerfile } = await buildContext(files, folder, dockerfilePath);
      const stream = await this.docker.buildImage(archive, {
        t: reference,
        dockerfile,
        buildargs: { ...build.buildArguments },
        labels: { ...step.labels },
        target: step.target,
        forcerm: true,
        rm: true,
        registryconfig: registryConfig(build.registries),
        abortSignal: signal,
      });
      await followProgress(stream, { line: (line) => writeProgress(output, line) });
    } catch (error) {
      throw buildError(reference, error);
    }
  }

  async push(push: Push): Promise<PushedImage> {
    push.output.note(`[cyclone] pushing ${push.reference}`);
    const pushed = await withRetries(push, () => this.pushOnce(push, push.reference));
    push.output.note(`[cyclone] pushed ${push.repository}@${pushed.digest}`);
    return pushed;
  }

  async publish(publication: ImagePublication): Promise<void> {
    const { repository, tags, digest, reference, output } = publication;
    for (const tag of tags) {
      const name = `${repository}:${tag}`;
      await this.docker
        .getImage(reference)
        .tag({ repo: repository, tag })
        .catch((error: unknown) => {
          throw new ExecutorError(
            'image-push-failed',
            `The image ${reference} cannot be tagged as ${name}: ${engineMessage(error)}`,
            { cause: error },
          );
        });
      const pushed = await withRetries(publication, () => this.pushOnce(publication, name));
      if (pushed.digest !== digest) {
        throw new ExecutorError(
          'image-push-failed',
          `The registry gave ${name} the digest ${pushed.digest}, and not ${digest}, which was tested.`,
        );
      }
      output.note(`[cyclone] ${name} is now ${digest}`);
    }
  }

  private async pushOnce({ registries, output, signal }: Push, name: string): Promise<PushedImage> {
    let found: PushedImage | undefined;
    const image = this.docker.getImage(name);
    const stream = await image.push({ authconfig: authFor(name, registries), abortSignal: signal });
    await followProgress(stream, {
      line: (line) => {
        const { Digest, Size } = line.aux ?? {};
        if (typeof Digest === 'string')
          found = { digest: Digest, sizeBytes: typeof Size === 'number' ? Size : undefined };
        return writeProgress(output, line);
      },
    });
    if (found === undefined) throw new ExecutorError('image-push-failed', `The registry gave no digest for ${name}.`);
    return found;
  }
}

const inWorkspace = (workspacePath: string, path: string): string => {
  const full = posix.resolve(workspacePath, path);
  if (full === workspacePath || full.startsWith(`${workspacePath}/`)) return full;
  throw new ExecutorError('image-build-failed', `The path "${path}" leads out of the workspace.`);
};

const registryConfig = (registries: Registries): Record<string, { username: string; password: string }> =>
  Object.fromEntries(
    registries.flatMap(({ host, username, password }) =>
      username === undefined || password === undefined ? [] : [[host, { username, password }]],
    ),
  );

const writeProgress = (output: OutputSink, line: ProgressLine): Promise<void> | undefined => {
  const text = progressText(line);
  return text === undefined || text === '' ? undefined : output.write('stdout', Buffer.from(text));
};

const buildError = (reference: string, error: unknown): unknown => {
  if (error instanceof ExecutorError) return error;
  if (isUnreachable(error))
    return new ExecutorError(
      'engine-unavailable',
      `The Docker Engine of the runner does not answer (${engineMessage(error)}).`,
      { cause: error, retriable: true },
    );
  return new ExecutorError('image-build-failed', `The image ${reference} could not be built: ${engineMessage(error)}`, {
    cause: error,
  });
};

const pushError = (push: Push, error: unknown): ExecutorError => {
  if (error instanceof ExecutorError) return error;
  const host = registryHostOf(push.reference);
  const message = engineMessage(error);
  if (/unauthorized|authentication required|denied|no basic auth/i.test(message)) {
    return new ExecutorError(
      'registry-denied',
      `The registry ${host} refused the push (${message}): check the project's login for it.`,
      { cause: error },
    );
  }
  if (error instanceof ProgressError || isUnreachable(error)) {
    return new ExecutorError('registry-unavailable', `The registry ${host} could not take the image: ${message}`, {
      cause: error,
      retriable: true,
    });
  }
  return new ExecutorError('image-push-failed', `The image could not be pushed to ${host}: ${message}`, {
    cause: error,
  });
};

/** A registry that is away for a moment gets some more tries; one that refuses does not. */
const withRetries = async <Result>(push: Push, attempt: () => Promise<Result>): Promise<Result> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      push.signal.throwIfAborted();
      const failure = pushError(push, error);
      if (!failure.retriable || tries >= pushTriesMax) throw failure;
      const pauseMs = pushPauseMsFirst * 2 ** (tries - 1);
      push.output.note(`[cyclone] ${failure.message}; next try in ${pauseMs} ms`);
      await delay(pauseMs, undefined, { signal: push.signal });
    }
  }
};
