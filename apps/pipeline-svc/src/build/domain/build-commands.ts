import type { BuildEvent, EpochMs, JobId, Reason, RunnerId } from '@cyclone/contracts';

type DataOf<Type extends BuildEvent['type']> = Extract<BuildEvent, { type: Type }>['data'];

export type BuildCommand =
  | { readonly type: 'RequestBuild'; readonly request: DataOf<'BuildRequested'> }
  | { readonly type: 'RecordPlan'; readonly plan: DataOf<'BuildPlanned'> }
  | { readonly type: 'RejectBuild'; readonly rejection: DataOf<'BuildRejected'> }
  | {
      readonly type: 'ClaimJob';
      readonly jobId: JobId;
      readonly attempt: number;
      readonly runnerId: RunnerId;
      readonly runnerName: string;
    }
  | { readonly type: 'RecordStepStarted'; readonly step: DataOf<'StepStarted'> }
  | { readonly type: 'RecordStepEnded'; readonly step: DataOf<'StepEnded'> }
  | { readonly type: 'RecordImagePublished'; readonly image: DataOf<'ImagePublished'> }
  | RecordJobEnded
  | RecordRunnerLost
  | { readonly type: 'CancelBuild'; readonly reason: Reason }
  | { readonly type: 'TimeOutBuild'; readonly reason: Reason }
  /** The runners of a build that was told to stop did not answer: their jobs end without them. */
  | { readonly type: 'GiveUpOnRunners'; readonly reason: Reason; readonly at: EpochMs };

export interface RecordJobEnded {
  readonly type: 'RecordJobEnded';
  readonly jobId: JobId;
  readonly attempt: number;
  readonly fence: number;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'timed_out';
  readonly reason?: Reason;
  readonly at: EpochMs;
  /** What to do when steps have not ended: their reports may still be on the way, or were never written. */
  readonly openSteps: 'wait' | 'close';
}

export interface RecordRunnerLost {
  readonly type: 'RecordRunnerLost';
  readonly jobId: JobId;
  readonly fence: number;
  readonly reason: Reason;
  /** The job is given to another runner while it has had fewer attempts than this. */
  readonly attemptsMax: number;
  readonly at: EpochMs;
}
