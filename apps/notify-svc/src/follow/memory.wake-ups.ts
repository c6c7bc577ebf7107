import type { BuildId, EpochMs } from '@cyclone/contracts';
import type { WakeUp, WakeUps } from './wake-ups.js';

/** For specs: forgotten with the process. */
export class MemoryWakeUps implements WakeUps {
  readonly #all = new Map<BuildId, WakeUp>();

  async set(buildId: BuildId, at: EpochMs): Promise<void> {
    const there = this.#all.get(buildId);
    this.#all.set(buildId, { buildId, at: Math.min(at, there?.at ?? at), revision: (there?.revision ?? 0) + 1 });
  }

  async due(now: EpochMs, limit: number): Promise<readonly WakeUp[]> {
    return this.#sorted()
      .filter(({ at }) => at <= now)
      .slice(0, limit);
  }

  async nextAfter(now: EpochMs): Promise<EpochMs | undefined> {
    return this.#sorted().find(({ at }) => at > now)?.at;
  }

  async move(wakeUp: WakeUp, at: EpochMs | undefined): Promise<void> {
    if (this.#all.get(wakeUp.buildId)?.revision !== wakeUp.revision) return;
    if (at === undefined) this.#all.delete(wakeUp.buildId);
    else this.#all.set(wakeUp.buildId, { ...wakeUp, at });
  }

  #sorted(): WakeUp[] {
    return [...this.#all.values()].sort((a, b) => a.at - b.at);
  }
}
