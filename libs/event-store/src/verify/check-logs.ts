import { crc32 } from 'node:zlib';
import { LogSealed, type BuildId, type StepId } from '@cyclone/contracts';
import type { RecordedEvent } from '../event-store.js';
import type { StreamCheckFactory } from './check-streams.js';
import type { Finding } from './finding.js';

export interface SealedLog {
  readonly buildId: BuildId;
  readonly stepId: StepId;
  readonly fence: number;
}

/** The stored bytes of one attempt at a step's log; log-svc's store has an adapter. */
export interface LogChunkReader {
  /** In the order of their numbers. `bytes` is undefined where they are stored and cannot be unpacked. */
  chunks(log: SealedLog): AsyncIterable<{
    readonly seq: number;
    readonly offset: number;
    readonly bytes: Uint8Array | undefined;
  }>;
  /** True when retention has removed the bytes: there is nothing to compare any more. */
  isExpired(log: SealedLog): Promise<boolean>;
}

async function* checkSealed(event: RecordedEvent, reader: LogChunkReader): AsyncIterable<Finding> {
  const { buildId, stepId, fence, summary } = LogSealed.schema.parse(event.data);
  const at = {
    check: 'I5',
    stream: `log-${event.stream.id}`,
    version: event.streamVersion,
    eventId: event.id,
  } as const;
  if (await reader.isExpired({ buildId, stepId, fence })) return;
  let [seq, offset, crc] = [0, 0, 0];
  for await (const chunk of reader.chunks({ buildId, stepId, fence })) {
    if (chunk.seq !== seq || chunk.offset !== offset) {
      yield {
        ...at,
        message: `log of ${stepId}: chunk ${chunk.seq} at ${chunk.offset} where chunk ${seq} at ${offset} belongs`,
      };
      return;
    }
    if (chunk.bytes === undefined) {
      yield { ...at, message: `log of ${stepId}: chunk ${seq} at ${offset} cannot be unpacked` };
      return;
    }
    crc = crc32(chunk.bytes, crc);
    offset += chunk.bytes.length;
    seq += 1;
  }
  if (offset !== summary.bytes || crc !== summary.crc32) {
    yield {
      ...at,
      message: `log of ${stepId}: the stored bytes are not those that were sealed`,
      expected: `${summary.bytes} bytes, CRC-32 ${summary.crc32}`,
      found: `${offset} bytes, CRC-32 ${crc}`,
    };
  }
}

/** I5: the stored bytes of every sealed log are whole, in order, and come to the seal's sum. */
export const checkLogs =
  (reader: LogChunkReader): StreamCheckFactory =>
  (stream) => {
    if (!stream.startsWith('log-')) return undefined;
    const sealed: RecordedEvent[] = [];
    return {
      event: (event) => {
        if (event.type === 'LogSealed') sealed.push(event);
        return [];
      },
      end: async function* () {
        for (const event of sealed) yield* checkSealed(event, reader);
      },
    };
  };
