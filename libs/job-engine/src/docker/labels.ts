import { createHash } from 'node:crypto';
import type { Attempt } from '../job-input.js';
import { attemptKey } from '../job-input.js';

/** Everything we make in an engine says whose it is: found again after a restart, and swept when nobody holds it. */
export type Role = 'step' | 'service' | 'sandbox' | 'helper' | 'network' | 'workspace' | 'shared';

const prefix = 'cyclone';

export const attemptLabels = (runner: string, attempt: Attempt, role: Role): Record<string, string> => ({
  [`${prefix}.runner`]: runner,
  [`${prefix}.role`]: role,
  [`${prefix}.project`]: attempt.projectId,
  [`${prefix}.build`]: attempt.buildId,
  [`${prefix}.job`]: attempt.jobId,
  [`${prefix}.attempt`]: String(attempt.attempt),
  [`${prefix}.fence`]: String(attempt.fence),
});

export const runnerLabels = (runner: string, role: Role): Record<string, string> => ({
  [`${prefix}.runner`]: runner,
  [`${prefix}.role`]: role,
});

export const ofRunner = (runner: string): string => `${prefix}.runner=${runner}`;

export const ofAttempt = (runner: string, attempt: Attempt): string[] => [
  ofRunner(runner),
  `${prefix}.build=${attempt.buildId}`,
  `${prefix}.job=${attempt.jobId}`,
  `${prefix}.fence=${attempt.fence}`,
];

export const attemptKeyOf = (labels: Readonly<Record<string, string>>): string | undefined => {
  const [build, job, fence] = ['build', 'job', 'fence'].map((name) => labels[`${prefix}.${name}`]);
  return build === undefined || job === undefined || fence === undefined ? undefined : `${build}/${job}/${fence}`;
};

export const roleOf = (labels: Readonly<Record<string, string>>): string | undefined => labels[`${prefix}.role`];

/**
 * The same name for the same thing, whoever asks: an engine refuses the second container of a step. A digest keeps it short
 * and within what engines allow as names.
 */
export const nameOf = (runner: string, attempt: Attempt, role: Role, id = ''): string => {
  const digest = createHash('sha256')
    .update(`${runner}\n${attemptKey(attempt)}\n${role}\n${id}`)
    .digest('hex')
    .slice(0, 12);
  return [prefix, attempt.buildId, role, id, digest].filter((part) => part !== '').join('-');
};
