import { LogFrame, type BuildId, type StepId } from '@cyclone/contracts';
import { WebSocket } from 'ws';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { explainFailure } from '../failures.js';
import type { ServerContext } from './context.js';

/** One connection. Its frames end when it closes; they throw where another connection would fare no better. */
export interface LogConnection {
  readonly frames: AsyncIterable<LogFrame>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export interface LogConnectionOptions {
  readonly buildId: BuildId;
  readonly stepId?: StepId;
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/** More than this waits in the server, not here. */
const framesAheadMax = 64;
const handshakeMsMax = 10_000;
/** The server pings every 20 s; a peer that vanished without a word says nothing at all. */
const silenceMsMax = 60_000;

export function openLogConnection(context: ServerContext, options: LogConnectionOptions): LogConnection {
  const socket = new WebSocket(addressOf(context, options), {
    headers: { authorization: `Bearer ${context.token}` },
    perMessageDeflate: false,
    handshakeTimeout: handshakeMsMax,
  });
  const waiting: string[] = [];
  let wake: () => void = () => undefined;
  let isClosed = false;
  let problem = '';
  let refusal: CommandFailure | undefined;
  const stopListening = closeOnSilence(socket);
  const abort = (): void => socket.terminate();
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      isClosed = true;
      stopListening();
      options.signal?.removeEventListener('abort', abort);
      wake();
      resolve({ code, reason: reason.toString() || problem });
    });
  });
  socket.on('unexpected-response', (_request, response) => {
    refusal = refusalOf(response.statusCode ?? 0, options);
    problem = `the server answered ${response.statusCode}`;
    socket.terminate();
  });
  // Always followed by close, where it is told.
  socket.on('error', (error) => (problem ||= explainFailure(error)));
  socket.on('message', (data: Buffer) => {
    waiting.push(data.toString('utf8'));
    if (waiting.length > framesAheadMax) socket.pause();
    wake();
  });
  if (options.signal?.aborted === true) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  return { closed, frames: readFrames() };

  async function* readFrames(): AsyncGenerator<LogFrame> {
    try {
      for (;;) {
        const text = waiting.shift();
        if (text !== undefined) {
          yield parseFrame(text);
          continue;
        }
        if (isClosed) break;
        if (socket.isPaused) socket.resume();
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (waiting.length > 0 || isClosed) resolve();
        });
      }
    } finally {
      // A paused socket would never see its own close.
      if (socket.isPaused) socket.resume();
      socket.close();
    }
    if (refusal !== undefined) throw refusal;
  }
}

function addressOf(context: ServerContext, { buildId, stepId, after }: LogConnectionOptions): URL {
  const url = new URL(`${context.url.replace(/^http/, 'ws')}/api/v1/builds/${buildId}/log`);
  if (stepId !== undefined) url.searchParams.set('step', stepId);
  if (after !== undefined) url.searchParams.set('after', after);
  return url;
}

/** Undefined where it is worth another try: too many sockets, or a server that starts or stops just now. */
function refusalOf(status: number, { buildId }: LogConnectionOptions): CommandFailure | undefined {
  if (status === 404) return new CommandFailure(`there is no build ${buildId}, or no such step`, exitCodes.notFound);
  if (status === 401 || status === 403) {
    return new CommandFailure('the token may not read this log', exitCodes.denied);
  }
  if (status === 429 || status >= 500) return undefined;
  return new CommandFailure(`the server answered ${status} when asked for the log`, exitCodes.failed);
}

function parseFrame(text: string): LogFrame {
  const frame = LogFrame.safeParse(parseJson(text));
  if (frame.success) return frame.data;
  throw new CommandFailure(
    'the server sent what this version of the command does not understand',
    exitCodes.failed,
    'is it a Cyclone server, and of the same version?',
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function closeOnSilence(socket: WebSocket): () => void {
  let heardAt = performance.now();
  const heard = (): void => void (heardAt = performance.now());
  socket.on('ping', heard);
  socket.on('message', heard);
  const timer = setInterval(() => {
    if (socket.isPaused) heard();
    else if (performance.now() - heardAt > silenceMsMax) socket.terminate();
  }, silenceMsMax / 3);
  return () => clearInterval(timer);
}
