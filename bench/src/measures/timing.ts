import type { ObservedBuild } from '../platform/stage.js';

export const secondsUntilEnd = ({ push, log }: ObservedBuild): number => (log.endedAt - push.sentAt) / 1000;

/** Milliseconds from the webhook until its client had the first bytes of the log. */
export function msUntilFirstLine({ push, log }: ObservedBuild): number {
  if (log.firstLineAt === undefined) throw new Error('the build wrote no log');
  return log.firstLineAt - push.sentAt;
}
