import { CommandId, type BuildId, type EpochMs, type ProjectId } from '@cyclone/contracts';
import type { Builds } from '../../build/builds.js';
import type { Clock } from '../../clock.js';
import type { StoredBuild } from '../../projections/stored-build.js';
import type { RecordedBuildEvent } from '../../recorded-events.js';
import {
  decideBuildTimeout,
  evolveBuildTimeout,
  initialBuildTimeout,
  timeoutDueAt,
  type BuildTimeoutState,
} from './domain/build-timeouts.js';

interface Entry {
  readonly projectId: ProjectId;
  readonly state: BuildTimeoutState;
}

export interface BuildTimeoutsPorts {
  readonly builds: Builds;
  readonly now: Clock;
  readonly onProblem: (message: string, error: unknown) => void;
}

const timerMsMax = 60_000;
const retryMs = 5_000;

/**
 * Runs the deadlines: one timer for the build that is due next. The wheel lives in memory and is made again from the
 * open builds at start and now and then, so that what another instance began is ended here if need be. Every instance
 * may decide: the Build takes the first.
 */
export class BuildTimeouts {
  readonly #wheel = new Map<BuildId, Entry>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(private readonly ports: BuildTimeoutsPorts) {}

  note(buildId: BuildId, event: RecordedBuildEvent): void {
    if (event.type !== 'BuildRequested' && event.type !== 'BuildCancelRequested' && event.type !== 'BuildFinished')
      return;
    const known = this.#wheel.get(buildId);
    const projectId = event.type === 'BuildRequested' ? event.data.projectId : known?.projectId;
    if (projectId === undefined) return;
    const repeated = event.type === 'BuildRequested' && known !== undefined;
    if (!repeated)
      this.#set(buildId, { projectId, state: evolveBuildTimeout(known?.state ?? initialBuildTimeout, event) });
    this.#arm();
  }

  rebuild(open: readonly StoredBuild[]): void {
    for (const { build, timeout } of open) {
      this.#set(build.id, { projectId: build.projectId, state: timeout });
    }
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #set(buildId: BuildId, entry: Entry): void {
    if (entry.state.status === 'idle') this.#wheel.delete(buildId);
    else this.#wheel.set(buildId, entry);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#wheel.size === 0) return;
    let next: EpochMs = Infinity;
    for (const { state } of this.#wheel.values()) next = Math.min(next, timeoutDueAt(state) ?? Infinity);
    const delayMs = Math.max(0, Math.min(next - this.ports.now(), timerMsMax));
    this.#timer = setTimeout(() => void this.#fire(), delayMs);
    this.#timer.unref();
  }

  async #fire(): Promise<void> {
    const { builds, now, onProblem } = this.ports;
    for (const [buildId, { projectId, state }] of [...this.#wheel]) {
      const command = decideBuildTimeout(state, now());
      if (command === undefined) continue;
      try {
        const handled = await builds.carryOut(buildId, projectId, command, {
          commandId: CommandId.parse(`deadline/${command.type}`),
          actor: { kind: 'system', id: 'pipeline-svc' },
          trace: { correlationId: buildId },
        });
        if (handled.kind === 'rejected' || handled.state.status === 'finished' || handled.events.length === 0)
          this.#wheel.delete(buildId);
      } catch (error) {
        onProblem('a deadline could not be carried out; trying again', error);
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
      }
    }
    this.#arm();
  }
}
