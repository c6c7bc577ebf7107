import type { Readable } from 'node:stream';
import { z } from 'zod';

/** One line of the engine's progress streams (pull, build, push). */
const ProgressLine = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  id: z.string().optional(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string().optional(), code: z.number().optional() }).optional(),
  aux: z.record(z.string(), z.unknown()).optional(),
});
export type ProgressLine = z.infer<typeof ProgressLine>;

/** Thrown when the stream itself reports that the work failed: the status line of the answer was 200 all the same. */
export class ProgressError extends Error {
  override readonly name = 'ProgressError';

  constructor(
    message: string,
    readonly exitCode: number | undefined,
  ) {
    super(message);
  }
}

const lineBytesMax = 1024 * 1024;

export interface ProgressHandlers {
  /** Awaited: a slow log slows the reading. */
  readonly line?: (line: ProgressLine) => Promise<void> | undefined;
}

/** Reads a progress stream to its end; throws at the first error in it. */
export const followProgress = async (stream: NodeJS.ReadableStream, handlers: ProgressHandlers): Promise<void> => {
  let text = '';
  const decoder = new TextDecoder();
  const handle = async (raw: string): Promise<void> => {
    if (raw.trim() === '') return;
    const line = ProgressLine.safeParse(JSON.parse(raw)).data;
    if (line === undefined) return;
    if (line.error !== undefined || line.errorDetail !== undefined)
      throw new ProgressError(line.errorDetail?.message ?? line.error ?? 'unknown error', line.errorDetail?.code);
    const full = handlers.line?.(line);
    if (full !== undefined) await full;
  };
  for await (const chunk of stream as Readable) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    if (text.length > lineBytesMax) throw new ProgressError('the engine sent a line without end', undefined);
    for (const line of lines) await handle(line);
  }
  await handle(text);
};

const shown = new Set([
  'Pushed',
  'Layer already exists',
  'Mounted from',
  'Pull complete',
  'Download complete',
  'Already exists',
]);

/**
 * What of a layer's progress is worth a line: its end, not its bars. Lines without a layer are shown as they are.
 */
export const progressText = (line: ProgressLine): string | undefined => {
  if (line.stream !== undefined) return line.stream;
  if (line.status === undefined) return undefined;
  if (line.id === undefined) return `${line.status}\n`;
  return shown.has(line.status) || line.status.startsWith('Mounted from') ? `${line.id}: ${line.status}\n` : undefined;
};
