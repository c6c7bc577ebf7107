import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface LogAttachment {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: number;
  /** The log went on, but the mail would have become too large. */
  readonly isCut: boolean;
  open(): Readable;
  /** Removes what was kept on disk. */
  dispose(): Promise<void>;
}

export interface AttachmentLimits {
  /** Above this the text is compressed. */
  readonly plainBytesMax: number;
  /** What a mail may carry: beyond it the log is cut. */
  readonly fileBytesMax: number;
}

/** Most mail servers take 25 MB, and base64 makes four of three. */
export const attachmentLimits: AttachmentLimits = { plainBytesMax: 1024 * 1024, fileBytesMax: 10 * 1024 * 1024 };

const pieceBytes = 64 * 1024;

/**
 * Writes the log to a temporary file, from which every recipient's mail is then read: it is fetched once, and memory
 * stays small whatever its size. `rawBytes` is about how long it will be.
 */
export const writeLogAttachment = async (
  text: AsyncIterable<string>,
  name: string,
  rawBytes: number,
  limits = attachmentLimits,
): Promise<LogAttachment> => {
  const folder = await mkdtemp(join(tmpdir(), 'cyclone-mail-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const isCompressed = rawBytes > limits.plainBytesMax;
    const path = join(folder, 'log');
    const count = { bytes: 0, isCut: false };
    const counter = new Transform({
      transform: (chunk: Buffer, _encoding, callback) => {
        count.bytes += chunk.byteLength;
        callback(null, chunk);
      },
    });
    async function* untilFull(): AsyncGenerator<Buffer> {
      for await (const long of text) {
        const bytes = Buffer.from(long);
        for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
          if (count.bytes >= limits.fileBytesMax) {
            count.isCut = true;
            yield Buffer.from('\n[cyclone] the log goes on; a mail can carry no more of it\n');
            return;
          }
          yield bytes.subarray(at, at + pieceBytes);
        }
      }
    }
    const source = Readable.from(untilFull(), { highWaterMark: 1 });
    if (isCompressed) await pipeline(source, createGzip(), counter, createWriteStream(path));
    else await pipeline(source, counter, createWriteStream(path));
    return {
      filename: isCompressed ? `${name}.log.gz` : `${name}.log`,
      contentType: isCompressed ? 'application/gzip' : 'text/plain; charset=utf-8',
      ...count,
      open: () => createReadStream(path),
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
};
