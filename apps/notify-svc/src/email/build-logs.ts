import { type BuildId, type StepLogIndex, logAsks } from '@cyclone/contracts';
import type { AskClient } from '@cyclone/messaging/nest';

/** The stored logs of a build. Both throw when log-svc does not answer. */
export interface BuildLogs {
  index(buildId: BuildId): Promise<readonly StepLogIndex[]>;
  /** The log's bytes from an offset to where the index says it ends, a piece at a time. */
  bytesOf(buildId: BuildId, log: StepLogIndex, from: number): AsyncIterable<Uint8Array>;
}

const pieceBytes = 256 * 1024;

export const askForLogs = (asks: AskClient): BuildLogs => ({
  index: async (buildId) => (await asks.ask(logAsks.indexLogs, { buildId })).steps,
  bytesOf: async function* (buildId, { stepId, fence, bytes }, from) {
    for (let offset = from; offset < bytes;) {
      const range = await asks.ask(logAsks.readLog, {
        buildId,
        stepId,
        fence,
        offset,
        limit: Math.min(pieceBytes, bytes - offset),
      });
      if (range.bytes === 0) return;
      yield Buffer.from(range.data, 'base64');
      offset += range.bytes;
    }
  },
});
