import type { BuildOutcome, ForgeKind, MailRule, Notice } from '@cyclone/contracts';
import type { BuildFacts } from './build-facts.js';

/** What a project's settings say about telling. */
export interface TellingRules {
  readonly mail: readonly MailRule[];
  readonly forge: ForgeKind;
  /** Without the forge's token nothing can be told to it. */
  readonly hasForgeToken: boolean;
  readonly context: string;
}

/** The moment of a build's life at which something is worth telling. */
export type Stage = 'requested' | 'running' | 'finished';

export const stageOf = (facts: BuildFacts): Stage | undefined => {
  if (facts.finished !== undefined) return 'finished';
  if (facts.startedAt !== undefined) return 'running';
  return facts.requestedAt === undefined ? undefined : 'requested';
};

type StatusState = Extract<Notice, { channel: 'commit-status' }>['state'];

const finalState: Record<BuildOutcome, StatusState> = {
  succeeded: 'success',
  failed: 'failure',
  timed_out: 'failure',
  rejected: 'error',
  cancelled: 'cancelled',
};

/** These have an API to tell a commit's status to. */
const statusForges: ReadonlySet<ForgeKind> = new Set(['github', 'gitlab', 'gitea']);

const isFailure = (outcome: BuildOutcome): boolean =>
  outcome === 'failed' || outcome === 'timed_out' || outcome === 'rejected';

/**
 * `previous` is the outcome of the newest earlier build of the same ref that somebody did not cancel. A ref without
 * one counts as having been well: a first failure is news, a first success is not. Who cancels a build knows it, so
 * that a cancelled one is told under `always` only.
 */
const applies = (rule: MailRule, outcome: BuildOutcome, previous: BuildOutcome | undefined): boolean => {
  switch (rule.when) {
    case 'always':
      return true;
    case 'failure':
      return isFailure(outcome);
    case 'change':
      return outcome !== 'cancelled' && isFailure(outcome) !== isFailure(previous ?? 'succeeded');
  }
};

const mailNotices = (
  rules: readonly MailRule[],
  outcome: BuildOutcome,
  previous: BuildOutcome | undefined,
): Notice[] => {
  const recipients = new Map<string, string>();
  for (const rule of rules) {
    if (!applies(rule, outcome, previous)) continue;
    for (const recipient of rule.recipients) {
      const name = recipient.toLowerCase();
      if (!recipients.has(name)) recipients.set(name, recipient);
    }
  }
  return [...recipients].map(([name, recipient]) => ({ channel: 'mail', key: `mail/${name}`, recipient }));
};

const statusNotices = (facts: BuildFacts, rules: TellingRules, stage: Stage): Notice[] => {
  if (!statusForges.has(rules.forge) || !rules.hasForgeToken || facts.sha === undefined) return [];
  const state =
    facts.finished !== undefined ? finalState[facts.finished.outcome] : stage === 'running' ? 'running' : 'pending';
  return [{ channel: 'commit-status', key: `commit-status/${stage}`, state, context: rules.context }];
};

/** Whom to tell of the build as it is now. The same facts give the same keys, so that asking again plans nothing twice. */
export const decideNotifications = (
  facts: BuildFacts,
  rules: TellingRules,
  previous: BuildOutcome | undefined,
): readonly Notice[] => {
  const stage = stageOf(facts);
  if (stage === undefined) return [];
  const mails = facts.finished === undefined ? [] : mailNotices(rules.mail, facts.finished.outcome, previous);
  return [...statusNotices(facts, rules, stage), ...mails];
};

/** Only then is the outcome before worth asking for. */
export const needsPreviousOutcome = (facts: BuildFacts, rules: TellingRules): boolean =>
  facts.finished !== undefined && rules.mail.some((rule) => rule.when === 'change');
