import type { StepView } from '@cyclone/contracts';
import type { StepTrack, StepTracks } from './step-tracks.js';

/** How long a step's beginning waits for the end of what it waited for to be sent. */
export const holdMsMax = 1_000;

/** Begun for the reader, or about to be, and not ended. */
export const isOpenTrack = (track: StepTrack): boolean =>
  !track.hasEnded && (track.hasStarted || track.heldSince !== undefined);

/** Readers see the graph's order: what a step waited for ends before it begins, unless that end is long in coming. */
export const mustHold = (step: StepView, track: StepTrack, tracks: StepTracks, now: number): boolean => {
  const isAnyOpen = step.needs.some((needed) => {
    const other = tracks.get(needed);
    return other !== undefined && isOpenTrack(other);
  });
  if (!isAnyOpen) return false;
  track.heldSince ??= now;
  return now - track.heldSince < holdMsMax;
};
