import type { BuildId, JobId, LogEvent, LogSummary, ProjectId, StepId } from '@cyclone/contracts';
import { type Decider, accept, acceptNothing } from '@cyclone/event-store';

/** The attempt whose log it is. */
export interface LogPlace {
  readonly projectId: ProjectId;
  readonly buildId: BuildId;
  readonly jobId: JobId;
  readonly stepId: StepId;
  readonly fence: number;
}

/** What reading the stored bytes back came to. */
export interface StoredSum {
  readonly bytes: number;
  readonly crc32: number;
  readonly lines: number;
}

/** `why` is set when the log cannot be whole whatever the sums say: chunks that never came, or do not join. */
export interface EndLog {
  readonly attempt: LogPlace;
  readonly expected: LogSummary;
  readonly stored: StoredSum;
  readonly why?: string;
}

/** The attempts whose log has ended, as `<step>/<fence>`. */
export type EndedLogs = ReadonlySet<string>;

const nameOf = (attempt: { readonly stepId: string; readonly fence: number }): string =>
  `${attempt.stepId}/${attempt.fence}`;

const mismatch = ({ expected, stored }: EndLog): string | undefined => {
  if (expected.bytes !== stored.bytes) return `${stored.bytes} bytes are stored, the runner counted ${expected.bytes}`;
  if (expected.crc32 !== stored.crc32) return 'the sum of the stored bytes is not the sum that the runner counted';
  if (expected.lines !== stored.lines) return `${stored.lines} lines are stored, the runner counted ${expected.lines}`;
  return undefined;
};

/** Each attempt's log ends once: whole, or damaged with what is wrong. */
export const logDecider: Decider<EndedLogs, EndLog, LogEvent> = {
  initialState: new Set(),
  decide: (command, ended) => {
    if (ended.has(nameOf(command.attempt))) return acceptNothing;
    const { projectId, buildId, jobId, stepId, fence } = command.attempt;
    const place = { projectId, buildId, jobId, stepId, fence };
    const message = command.why ?? mismatch(command);
    if (message === undefined) return accept({ type: 'LogSealed', data: { ...place, summary: command.expected } });
    const { bytes, crc32 } = command.stored;
    return accept({
      type: 'LogDamaged',
      data: { ...place, expected: command.expected, stored: { bytes, crc32 }, message },
    });
  },
  evolve: (ended, event) => new Set(ended).add(nameOf(event.data)),
};
