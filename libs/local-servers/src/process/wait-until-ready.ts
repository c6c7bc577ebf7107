import { setTimeout as pause } from 'node:timers/promises';
import { logTail } from './supervised-process.js';
import type { SupervisedProcess } from './supervised-process.js';

const PROBE_INTERVAL_MS = 15;
const TOLD_LINES_MAX = 12;

/** The server ended or stayed silent while it was waited for; the message ends with its last log lines. */
export class ServerNotReadyError extends Error {
  readonly code = 'server-not-ready';
  readonly logTail: string;

  constructor(message: string, tail: string) {
    super(tail === '' ? message : `${message}. From the end of its log:\n${tellingLines(tail)}`);
    this.name = 'ServerNotReadyError';
    this.logTail = tail;
  }
}

/** Talkative servers bury the reason under how they shut down: lines that speak of an error come first. */
function tellingLines(tail: string): string {
  const lines = tail.split('\n');
  const errors = lines.filter((line) => /"s":"[EF]"|\b(error|fatal)\b/i.test(line));
  return (errors.length > 0 ? errors : lines).slice(-TOLD_LINES_MAX).join('\n');
}

/**
 * Probes until the server answers; the probe must tell this very server from another that took its port.
 * Where it does not answer in time, it is killed and the reason thrown.
 */
export async function waitUntilReady(
  server: SupervisedProcess,
  probe: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await probe().catch(() => false)) return;
    if (server.hasEnded()) {
      const { exitCode, signal } = await server.ended;
      const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
      throw new ServerNotReadyError(`${server.name} ended ${how} while starting`, await logTail(server.logFile));
    }
    if (Date.now() > deadline) {
      await server.kill9();
      const message = `${server.name} did not answer within ${timeoutMs} ms`;
      throw new ServerNotReadyError(message, await logTail(server.logFile));
    }
    await pause(PROBE_INTERVAL_MS);
  }
}
