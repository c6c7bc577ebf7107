import { mkdir, open, readdir, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LogSummary, StepId } from '@cyclone/contracts';
import type { LogPosition } from '@cyclone/job-engine';
import { z } from 'zod';

const perStream = z.object({ stdout: z.number(), stderr: z.number() });
const Position = z.object({
  nextSeq: z.number(),
  bytes: z.number(),
  lines: z.number(),
  crc32: z.number(),
  truncated: z.boolean(),
  raw: perStream,
  openLine: perStream,
  ahead: perStream,
}) satisfies z.ZodType<LogPosition>;

/** What is kept beside the bytes of a message. */
export const SpoolHeader = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('chunk'), seq: z.number(), offset: z.number(), at: z.number(), position: Position }),
  z.object({ kind: z.literal('seal'), seq: z.number(), at: z.number(), summary: LogSummary }),
]);
export type SpoolHeader = z.infer<typeof SpoolHeader>;

export interface SpoolEntry {
  readonly header: SpoolHeader;
  readonly dataAt: number;
  readonly dataBytes: number;
}

const frameBytes = 8;
const suffix = '.log';

/** One step's log on disk, message by message, until the log service has it. */
export class LogSpool {
  private constructor(
    private readonly file: FileHandle,
    private end: number,
  ) {}

  static async open(folder: string, stepId: StepId): Promise<{ spool: LogSpool; entries: SpoolEntry[] }> {
    const logs = join(folder, 'logs');
    await mkdir(logs, { recursive: true, mode: 0o700 });
    const file = await open(join(logs, `${stepId}${suffix}`), 'a+', 0o600);
    const { entries, end } = await scan(file);
    await file.truncate(end);
    return { spool: new LogSpool(file, end), entries };
  }

  static async steps(folder: string): Promise<StepId[]> {
    const names = await readdir(join(folder, 'logs')).catch((): string[] => []);
    return names.filter((name) => name.endsWith(suffix)).map((name) => StepId.parse(basename(name, suffix)));
  }

  async append(header: SpoolHeader, data: Buffer): Promise<SpoolEntry> {
    const head = Buffer.from(JSON.stringify(header));
    const frame = Buffer.alloc(frameBytes);
    frame.writeUInt32BE(head.length, 0);
    frame.writeUInt32BE(data.length, 4);
    const dataAt = this.end + frameBytes + head.length;
    this.end = dataAt + data.length;
    await this.file.appendFile(Buffer.concat([frame, head, data]));
    return { header, dataAt, dataBytes: data.length };
  }

  async read(entry: SpoolEntry): Promise<Buffer> {
    const data = Buffer.alloc(entry.dataBytes);
    await this.file.read(data, 0, entry.dataBytes, entry.dataAt);
    return data;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** Every whole message; what a crash cut off at the end is not one. */
const scan = async (file: FileHandle): Promise<{ entries: SpoolEntry[]; end: number }> => {
  const { size } = await file.stat();
  const entries: SpoolEntry[] = [];
  let end = 0;
  const frame = Buffer.alloc(frameBytes);
  while (end + frameBytes <= size) {
    await file.read(frame, 0, frameBytes, end);
    const [headBytes, dataBytes] = [frame.readUInt32BE(0), frame.readUInt32BE(4)];
    const dataAt = end + frameBytes + headBytes;
    if (dataAt + dataBytes > size) break;
    const head = Buffer.alloc(headBytes);
    await file.read(head, 0, headBytes, end + frameBytes);
    entries.push({ header: SpoolHeader.parse(JSON.parse(head.toString())), dataAt, dataBytes });
    end = dataAt + dataBytes;
  }
  return { entries, end };
};
