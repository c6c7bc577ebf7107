import { freePort } from '../process/free-port.js';
import type { SupervisedProcess } from '../process/supervised-process.js';
import { ServerNotReadyError } from '../process/wait-until-ready.js';

/** A server of this machine that answers. */
export interface LocalServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process has ended, whyever: the owner decides whether to start it again. */
  readonly ended: SupervisedProcess['ended'];
  stop(): Promise<void>;
  kill9(): Promise<void>;
}

export interface ServerOptions {
  readonly dataDir: string;
  /** A free one by default. A restart on the same data usually wants the same port. */
  readonly port?: number;
  readonly logFile?: string;
  /** Lives on when its parent ends. */
  readonly outlivesParent?: boolean;
  readonly startTimeoutMs?: number;
}

export const START_TIMEOUT_MS = 30_000;

const PORT_TRIES = 4;

export function localServer(url: string, port: number, process: SupervisedProcess): LocalServer {
  const { pid, logFile, ended } = process;
  return { url, port, pid, logFile, ended, stop: () => process.stop(), kill9: () => process.kill9() };
}

/**
 * Between finding a free port and the server's taking it another process may come first, which happens
 * where many tests start servers at once. A port that the caller chose is tried once.
 */
export async function onFreePort<T>(port: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  if (port !== undefined) return await start(port);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort());
    } catch (error) {
      const taken = error instanceof ServerNotReadyError && /address already in use/i.test(error.logTail);
      if (!taken || attempt === PORT_TRIES) throw error;
    }
  }
}
