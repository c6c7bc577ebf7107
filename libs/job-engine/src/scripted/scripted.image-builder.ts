import { createHash } from 'node:crypto';
import { ExecutorError } from '../errors.js';
import type { ImageBuild, ImageBuilder, ImagePublication, PushedImage } from '../image-builder.js';

/**
 * Builds nothing: an image's digest is that of its reference. The build arguments play the part of the environment:
 * `SCRIPT_OUTPUT` is written, `SCRIPT_EXIT_CODE` other than 0 fails the build, `SCRIPT_PUSH_FAILURE` the push.
 */
export class ScriptedImageBuilder implements ImageBuilder {
  private readonly pushFailures = new Map<string, string>();
  /** Tags by repository, for specs. */
  readonly published = new Map<string, ReadonlyMap<string, string>>();

  async build({ reference, buildArguments, output, signal }: ImageBuild): Promise<void> {
    signal.throwIfAborted();
    const { SCRIPT_OUTPUT: text, SCRIPT_EXIT_CODE: code = '0', SCRIPT_PUSH_FAILURE: failure } = buildArguments;
    if (text !== undefined) await output.write('stdout', Buffer.from(text));
    if (code !== '0')
      throw new ExecutorError('image-build-failed', `The build of ${reference} failed with code ${code}.`);
    if (failure !== undefined) this.pushFailures.set(reference, failure);
  }

  async push({ reference, signal }: Omit<ImagePublication, 'digest' | 'tags'>): Promise<PushedImage> {
    signal.throwIfAborted();
    const failure = this.pushFailures.get(reference);
    if (failure !== undefined) throw new ExecutorError('image-push-failed', failure);
    return { digest: `sha256:${createHash('sha256').update(reference).digest('hex')}` };
  }

  async publish({ repository, digest, tags, signal }: ImagePublication): Promise<void> {
    signal.throwIfAborted();
    this.published.set(
      repository,
      new Map([...(this.published.get(repository) ?? []), ...tags.map((tag) => [tag, digest] as const)]),
    );
  }
}
