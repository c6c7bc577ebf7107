import type { Container } from 'dockerode';
import type { Reason } from '@cyclone/contracts';
import { ExecutorError } from '../errors.js';
import type { RunningStep, StepExit } from '../executor.js';
import { engineMessage, isConflict, isNotFound } from './docker-errors.js';

export interface DockerStepParts {
  readonly container: Container;
  readonly image?: string;
  readonly imageDigest?: string;
  /** Resolves when the sink has all output. */
  readonly output: Promise<void>;
  /** Runs once the program has ended, before the end is told: copies outputs. */
  readonly afterEnd: () => Promise<Reason | undefined>;
  readonly discard: () => void;
}

const oom: Reason = { code: 'oom', message: 'The step was killed: it used more memory than its limit.' };

/** A step's container that runs, or ran. */
export class DockerStep implements RunningStep {
  readonly ended: Promise<StepExit>;
  readonly image: string | undefined;
  readonly imageDigest: string | undefined;
  private killer: NodeJS.Timeout | undefined;
  private hasEnded = false;

  constructor(private readonly parts: DockerStepParts) {
    this.image = parts.image;
    this.imageDigest = parts.imageDigest;
    this.ended = this.awaitEnd();
    // Whoever started the step reads `ended`; a failure before that is no unhandled one.
    this.ended.catch(() => undefined);
  }

  async stop(graceMs: number): Promise<void> {
    if (this.hasEnded) return;
    await this.signal('SIGTERM');
    if (this.killer !== undefined || this.hasEnded) return;
    this.killer = setTimeout(() => void this.signal('SIGKILL').catch(() => undefined), graceMs);
  }

  discard(): void {
    this.parts.discard();
  }

  private async awaitEnd(): Promise<StepExit> {
    try {
      await this.parts.output;
      await this.parts.container.wait();
      const { State: state } = await this.parts.container.inspect();
      this.finish();
      if (state.OOMKilled && state.ExitCode !== 0) return { exitCode: state.ExitCode, reason: oom };
      const reason = state.ExitCode === 0 ? await this.parts.afterEnd() : undefined;
      return reason === undefined ? { exitCode: state.ExitCode } : { exitCode: state.ExitCode, reason };
    } catch (error) {
      if (error instanceof ExecutorError) throw error;
      throw new ExecutorError(
        'engine-unavailable',
        `The runner's Docker Engine lost the step: ${engineMessage(error)}`,
        { cause: error, retriable: true },
      );
    } finally {
      this.finish();
    }
  }

  private finish(): void {
    this.hasEnded = true;
    clearTimeout(this.killer);
  }

  private async signal(name: string): Promise<void> {
    try {
      await this.parts.container.kill({ signal: name });
    } catch (error) {
      // It has ended by itself.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }
}
