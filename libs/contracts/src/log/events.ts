import { z } from 'zod';
import { LogSummary } from '../build/events.js';
import { defineEvent, type EventOf } from '../event-definition.js';
import { BuildId, JobId, ProjectId, StepId } from '../ids.js';

const place = {
  projectId: ProjectId,
  buildId: BuildId,
  jobId: JobId,
  stepId: StepId,
  fence: z.number().int().positive(),
};

export const LogSealed = defineEvent({
  type: 'LogSealed',
  version: 1,
  stream: 'log',
  meaning: "Every byte of a step's log is stored and the sum agrees with the runner's.",
  schema: z.object({ ...place, summary: LogSummary }),
});
export const LogDamaged = defineEvent({
  type: 'LogDamaged',
  version: 1,
  stream: 'log',
  meaning: 'The stored bytes do not sum up to what the runner counted, or some never came.',
  schema: z.object({
    ...place,
    expected: LogSummary,
    stored: z.object({ bytes: z.number().int().nonnegative(), crc32: z.number().int().nonnegative() }),
    message: z.string().max(1000),
  }),
});

export const logEvents = [LogSealed, LogDamaged] as const;
export type LogEvent = EventOf<typeof logEvents>;
