import { type JobId, type LogStoredHeader, type StepId, type StepLogIndex } from '@cyclone/contracts';
import { type LogPlaces, type StepPlace, writeLogCursor } from './log-cursor.js';

/** One step's log as a reader has come to know it. `stored` is how far log-svc is known to be, `offset` how far we sent. */
export interface StepTrack {
  readonly jobId: JobId;
  fence: number;
  offset: number;
  stored: number;
  isSealed: boolean;
  isDamaged: boolean;
  hasStarted: boolean;
  hasEnded: boolean;
  /** Since when its beginning waits for the ends of other steps to be sent. */
  heldSince?: number;
}

/** What one reader knows of a build's logs: a few numbers a step, however long the logs are. */
export class StepTracks {
  private readonly tracks = new Map<StepId, StepTrack>();

  /** With a step given, all others are as if they were not there. */
  constructor(private readonly only?: StepId) {}

  get(stepId: StepId): StepTrack | undefined {
    return this.tracks.get(stepId);
  }

  entries(): IterableIterator<[StepId, StepTrack]> {
    return this.tracks.entries();
  }

  values(): StepTrack[] {
    return [...this.tracks.values()];
  }

  add(stepId: StepId, jobId: JobId): StepTrack | undefined {
    if (this.only !== undefined && this.only !== stepId) return undefined;
    const known = this.tracks.get(stepId);
    if (known !== undefined) return known;
    const track: StepTrack = {
      jobId,
      fence: 0,
      offset: 0,
      stored: 0,
      isSealed: false,
      isDamaged: false,
      hasStarted: false,
      hasEnded: false,
    };
    this.tracks.set(stepId, track);
    return track;
  }

  /** Goes on where a reader was. `fenceOf`: the attempt of a step that ended for this reader. */
  startFrom(places: LogPlaces, stepId: StepId, jobId: JobId, fenceOf: number): void {
    const place = places.open.get(stepId);
    const isOver = places.ended.has(stepId);
    if (!isOver && place === undefined) return;
    const track = this.add(stepId, jobId);
    if (track === undefined) return;
    Object.assign(track, {
      fence: place?.fence ?? fenceOf,
      offset: place?.offset ?? 0,
      hasStarted: true,
      hasEnded: isOver,
    });
  }

  /** A step is announced: news of its log that come later and tell of this same attempt do not begin it anew. */
  begin(track: StepTrack, fence: number | undefined): void {
    if (fence !== undefined) isAttempt(track, fence);
    track.hasStarted = true;
  }

  learnIndex(entry: StepLogIndex): void {
    const track = this.add(entry.stepId, entry.jobId);
    if (track === undefined || !isAttempt(track, entry.fence) || track.hasEnded) return;
    track.stored = Math.max(track.stored, entry.bytes);
    track.isSealed ||= entry.sealed || entry.damaged;
    track.isDamaged ||= entry.damaged;
  }

  /** The track that a notice concerns; undefined for one that is of no interest any more. */
  learnNotice(header: LogStoredHeader, bytes: number): StepTrack | undefined {
    const track = this.add(header.stepId, header.jobId);
    if (track === undefined || !isAttempt(track, header.fence) || track.hasEnded) return undefined;
    track.stored = Math.max(track.stored, header.offset + bytes);
    track.isSealed ||= header.sealed === 'yes';
    return track;
  }

  cursor(order: readonly StepId[]): string {
    const ended = new Set<StepId>();
    const open = new Map<StepId, StepPlace>();
    for (const [stepId, track] of this.tracks) {
      if (track.hasEnded) ended.add(stepId);
      else if (track.hasStarted) open.set(stepId, { fence: track.fence, offset: track.offset });
    }
    return writeLogCursor(order, { ended, open });
  }
}

/** The same attempt, or a newer one: then the step's log begins anew. */
const isAttempt = (track: StepTrack, fence: number): boolean => {
  if (fence < track.fence) return false;
  if (fence > track.fence) {
    const again = track.hasEnded ? { hasStarted: false, hasEnded: false } : {};
    Object.assign(track, { fence, offset: 0, stored: 0, isSealed: false, isDamaged: false, ...again });
  }
  return true;
};
