import { describe, expect, it } from '@jest/globals';
import { type BuildOutcome, type MailRule, ProjectId } from '@cyclone/contracts';
import { type BuildFacts, noFacts } from './build-facts.js';
import { type TellingRules, decideNotifications, needsPreviousOutcome } from './decide-notifications.js';

const requested: BuildFacts = {
  ...noFacts,
  projectId: ProjectId.parse('shop'),
  number: 7,
  ref: 'refs/heads/main',
  sha: 'a'.repeat(40),
  requestedAt: 1,
};
const running: BuildFacts = { ...requested, startedAt: 2 };
const finished = (outcome: BuildOutcome): BuildFacts => ({ ...running, finished: { outcome, at: 3 } });
const rules = (changes: Partial<TellingRules> = {}): TellingRules => ({
  mail: [],
  forge: 'bare',
  hasForgeToken: false,
  context: 'cyclone/shop',
  ...changes,
});
const mailTo = (when: MailRule['when'], ...recipients: string[]): MailRule => ({ when, recipients });
const keys = (...args: Parameters<typeof decideNotifications>) => decideNotifications(...args).map(({ key }) => key);

const outcomes: BuildOutcome[] = ['succeeded', 'failed', 'timed_out', 'rejected', 'cancelled'];

describe('whom to mail', () => {
  it('is nobody before the build has finished', () => {
    expect(keys(running, rules({ mail: [mailTo('always', 'a@x')] }), undefined)).toEqual([]);
  });

  it.each<[MailRule['when'], BuildOutcome | undefined, BuildOutcome[]]>([
    ['always', undefined, outcomes],
    ['failure', undefined, ['failed', 'timed_out', 'rejected']],
    ['change', undefined, ['failed', 'timed_out', 'rejected']],
    ['change', 'succeeded', ['failed', 'timed_out', 'rejected']],
    ['change', 'failed', ['succeeded']],
    ['change', 'rejected', ['succeeded']],
  ])('with the rule %s, after %s, is told of %j', (when, previous, told) => {
    const tellers = outcomes.filter(
      (outcome) => keys(finished(outcome), rules({ mail: [mailTo(when, 'a@x')] }), previous).length > 0,
    );
    expect(tellers).toEqual(told);
  });

  it('is every recipient of every rule that applies, once', () => {
    const mail = [
      mailTo('always', 'Ann@Example.com', 'bob@x'),
      mailTo('failure', 'ann@example.com', 'eve@x'),
      mailTo('change', 'kim@x'),
    ];
    expect(decideNotifications(finished('failed'), rules({ mail }), 'failed')).toEqual([
      { channel: 'mail', key: 'mail/ann@example.com', recipient: 'Ann@Example.com' },
      { channel: 'mail', key: 'mail/bob@x', recipient: 'bob@x' },
      { channel: 'mail', key: 'mail/eve@x', recipient: 'eve@x' },
    ]);
  });

  it('needs the outcome before only for the rule that compares', () => {
    expect(needsPreviousOutcome(finished('failed'), rules({ mail: [mailTo('failure', 'a@x')] }))).toBe(false);
    expect(needsPreviousOutcome(finished('failed'), rules({ mail: [mailTo('change', 'a@x')] }))).toBe(true);
    expect(needsPreviousOutcome(running, rules({ mail: [mailTo('change', 'a@x')] }))).toBe(false);
  });
});

describe('the commit status', () => {
  const github = rules({ forge: 'github', hasForgeToken: true });
  const states = (facts: BuildFacts, about = github) =>
    decideNotifications(facts, about, undefined).map((notice) =>
      notice.channel === 'commit-status' ? `${notice.key} ${notice.state}` : notice.key,
    );

  it('follows the build', () => {
    expect(states(requested)).toEqual(['commit-status/requested pending']);
    expect(states(running)).toEqual(['commit-status/running running']);
    expect(outcomes.map((outcome) => states(finished(outcome))[0])).toEqual([
      'commit-status/finished success',
      'commit-status/finished failure',
      'commit-status/finished failure',
      'commit-status/finished error',
      'commit-status/finished cancelled',
    ]);
  });

  it('is not told without a token, a commit, or a forge that takes one', () => {
    expect(states(requested, rules({ forge: 'github' }))).toEqual([]);
    expect(states({ ...requested, sha: undefined })).toEqual([]);
    for (const forge of ['gogs', 'generic', 'bare'] as const)
      expect(states(requested, rules({ forge, hasForgeToken: true }))).toEqual([]);
  });

  it('is not told of a build that nobody requested', () => {
    expect(states(noFacts)).toEqual([]);
  });
});
