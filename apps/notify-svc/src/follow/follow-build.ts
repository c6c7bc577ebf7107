import type { BuildId, BuildOutcome, EpochMs, ProjectId } from '@cyclone/contracts';
import type { BuildFacts } from '../rules/domain/build-facts.js';
import {
  type TellingRules,
  decideNotifications,
  needsPreviousOutcome,
  stageOf,
} from '../rules/domain/decide-notifications.js';
import { nextDueAt } from '../rules/domain/notification-decider.js';
import type { FactsReader } from './facts-reader.js';
import type { Ledger } from './ledger.js';
import type { WakeUps } from './wake-ups.js';

export interface FollowParts {
  readonly facts: Pick<FactsReader, 'load'>;
  readonly ledger: Ledger;
  readonly wakeUps: WakeUps;
  /** Undefined when the project is gone: nobody is told. */
  readonly rulesOf: (projectId: ProjectId) => Promise<TellingRules | undefined>;
  readonly previousOutcome: (build: {
    readonly projectId: ProjectId;
    readonly ref: string;
    readonly number: number;
  }) => Promise<BuildOutcome | undefined>;
  readonly now: () => EpochMs;
  /** Told when a wake-up was set. */
  readonly onWakeUp: () => void;
}

/** Old events come again when the broker lost its data: rules that were made since say nothing about builds of long ago. */
const freshMs = 24 * 60 * 60 * 1000;
const rememberedMax = 2_000;

/** Looks at a build after one of its events: plans what is to be told, and sets the wake-up that gets it delivered. Repeating it changes nothing. */
export class BuildFollower {
  /** Stage for which a build's notices were decided, so that a project's rules are asked for once a stage. */
  readonly #decided = new Map<BuildId, string>();

  constructor(private readonly parts: FollowParts) {}

  async follow(buildId: BuildId): Promise<void> {
    const { facts: reader, ledger, wakeUps, onWakeUp } = this.parts;
    const facts = await reader.load(buildId);
    await this.#decide(buildId, facts);
    const at = nextDueAt(await ledger.load(buildId), facts);
    if (at === undefined) return;
    await wakeUps.set(buildId, at);
    onWakeUp();
  }

  async #decide(buildId: BuildId, facts: BuildFacts): Promise<void> {
    const stage = stageOf(facts);
    const { projectId } = facts;
    const about = `${stage}/${facts.sha}`;
    const now = this.parts.now();
    const lastAt = facts.finished?.at ?? facts.startedAt ?? facts.requestedAt ?? 0;
    if (
      stage === undefined ||
      projectId === undefined ||
      this.#decided.get(buildId) === about ||
      lastAt < now - freshMs
    )
      return;
    const rules = await this.parts.rulesOf(projectId);
    const notices = rules === undefined ? [] : decideNotifications(facts, rules, await this.#previous(facts, rules));
    if (notices.length > 0)
      await this.parts.ledger.record(
        buildId,
        projectId,
        `plan/${stage}`,
        { type: 'PlanNotices', projectId, buildId, notices },
        now,
      );
    this.#remember(buildId, about);
  }

  async #previous(facts: BuildFacts, rules: TellingRules): Promise<BuildOutcome | undefined> {
    const { projectId, ref, number } = facts;
    if (!needsPreviousOutcome(facts, rules) || projectId === undefined || ref === undefined || number === undefined)
      return undefined;
    return this.parts.previousOutcome({ projectId, ref, number });
  }

  #remember(buildId: BuildId, about: string): void {
    this.#decided.delete(buildId);
    this.#decided.set(buildId, about);
    const oldest = this.#decided.keys().next();
    if (this.#decided.size > rememberedMax && oldest.done === false) this.#decided.delete(oldest.value);
  }
}
