import type {
  BuildPlanned,
  BuildRejected,
  BuildRequested,
  EpochMs,
  ImagePublished,
  JobId,
  Reason,
  RunnerId,
  StepEnded,
  StepStarted,
} from '@cyclone/contracts';
import type { z } from 'zod';

type DataOf<Definition extends { schema: z.ZodType }> = z.infer<Definition['schema']>;

export type BuildCommand =
  | { readonly type: 'RequestBuild'; readonly request: DataOf<typeof BuildRequested> }
  | { readonly type: 'RecordPlan'; readonly plan: DataOf<typeof BuildPlanned> }
  | { readonly type: 'RejectBuild'; readonly rejection: DataOf<typeof BuildRejected> }
  | {
      readonly type: 'ClaimJob';
      readonly jobId: JobId;
      readonly attempt: number;
      readonly runnerId: RunnerId;
      readonly runnerName: string;
    }
  | { readonly type: 'RecordStepStarted'; readonly step: DataOf<typeof StepStarted> }
  | { readonly type: 'RecordStepEnded'; readonly step: DataOf<typeof StepEnded> }
  | { readonly type: 'RecordImagePublished'; readonly image: DataOf<typeof ImagePublished> }
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
