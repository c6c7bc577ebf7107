import {
  BuildId,
  JobId,
  LogChunkHeader,
  ProjectId,
  StepId,
  logChunkBytesMax,
  parseLogSubject,
} from '@cyclone/contracts';
import { z } from 'zod';

/** The header that carries the job's token beside those of {@link LogChunkHeader}. */
export const jobTokenHeader = 'Cyclone-Job-Token';

const LogPlace = z.object({ projectId: ProjectId, buildId: BuildId, jobId: JobId, stepId: StepId });

export interface LogMessage {
  readonly place: z.infer<typeof LogPlace>;
  readonly header: LogChunkHeader;
  readonly token: string;
  readonly data: Uint8Array;
}

export type LogMessageReading =
  { readonly kind: 'read'; readonly message: LogMessage } | { readonly kind: 'unreadable'; readonly reason: string };

const unreadable = (reason: string): LogMessageReading => ({ kind: 'unreadable', reason });

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** From what the broker delivered to a chunk or a seal; everything that a runner could get wrong is named. */
export const readLogMessage = (incoming: {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly data: Uint8Array;
}): LogMessageReading => {
  const place = LogPlace.safeParse(parseLogSubject(incoming.subject));
  if (!place.success) return unreadable(`the subject ${incoming.subject} names no step's log`);
  const { summary, ...rest } = incoming.headers;
  const header = LogChunkHeader.safeParse(summary === undefined ? rest : { ...rest, summary: parseJson(summary) });
  if (!header.success) return unreadable(`the headers are not those of a log chunk: ${z.prettifyError(header.error)}`);
  const token = incoming.headers[jobTokenHeader];
  if (token === undefined || token === '') return unreadable(`the header ${jobTokenHeader} is missing`);
  const bytes = incoming.data.byteLength;
  if (bytes > logChunkBytesMax) return unreadable(`the chunk has ${bytes} bytes, ${logChunkBytesMax} is the most`);
  if (header.data.kind === 'seal' && bytes > 0) return unreadable('a seal carries no bytes');
  return { kind: 'read', message: { place: place.data, header: header.data, token, data: incoming.data } };
};
