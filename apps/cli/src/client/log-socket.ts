import { closeCodes, LogFrame, type BuildId, type StepId } from '@cyclone/contracts';
import { WebSocket } from 'ws';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import type { ServerContext } from './context.js';

const reconnectMs = 1_000;
const connectAttemptsMax = 30;

/**
 * Every frame of a build's log, from its first byte to its end, over as many connections as it takes: each one goes on at
 * the cursor of the last frame. Ends after the `end` frame.
 */
export async function* followLog(
  context: ServerContext,
  options: { readonly buildId: BuildId; readonly stepId?: StepId; readonly signal?: AbortSignal },
): AsyncGenerator<LogFrame> {
  let cursor: string | undefined;
  for (let failures = 0; ;) {
    const connection = openConnection(context, options, cursor);
    for await (const frame of connection.frames) {
      failures = 0;
      if ('cursor' in frame) cursor = frame.cursor;
      yield frame;
      if (frame.kind === 'end') return;
    }
    const { code, reason } = await connection.closed;
    if (code === closeCodes.tokenEnded) throw new CommandFailure(reason || 'the token has ended', exitCodes.denied);
    failures += 1;
    if (failures > connectAttemptsMax)
      throw new CommandFailure(`the log broke off: ${reason || `code ${code}`}`, exitCodes.unreachable);
    if (options.signal?.aborted) return;
    await new Promise((resolve) => setTimeout(resolve, reconnectMs));
  }
}

interface Connection {
  readonly frames: AsyncIterable<LogFrame>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

const framesAheadMax = 64;

function openConnection(
  context: ServerContext,
  options: { readonly buildId: BuildId; readonly stepId?: StepId; readonly signal?: AbortSignal },
  cursor: string | undefined,
): Connection {
  const url = new URL(`${context.url.replace(/^http/, 'ws')}/api/v1/builds/${options.buildId}/log`);
  if (options.stepId !== undefined) url.searchParams.set('step', options.stepId);
  if (cursor !== undefined) url.searchParams.set('after', cursor);
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${context.token}` },
    perMessageDeflate: false,
  });
  const waiting: string[] = [];
  let wake: () => void = () => undefined;
  let refusal: CommandFailure | undefined;
  const end = { done: false };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => {
      end.done = true;
      wake();
      resolve({ code, reason: reason.toString() });
    });
  });
  socket.on('unexpected-response', (_request, response) => {
    const denied = response.statusCode === 401 || response.statusCode === 403;
    if (response.statusCode === 404)
      refusal = new CommandFailure(`there is no build ${options.buildId}`, exitCodes.notFound);
    else if (denied) refusal = new CommandFailure('the token may not read this log', exitCodes.denied);
    socket.terminate();
  });
  // Errors are always followed by close, where they are told.
  socket.on('error', () => undefined);
  socket.on('message', (data: Buffer) => {
    waiting.push(data.toString('utf8'));
    if (waiting.length > framesAheadMax) socket.pause();
    wake();
  });
  options.signal?.addEventListener('abort', () => socket.close(), { once: true });
  return { closed, frames: readFrames() };

  async function* readFrames(): AsyncGenerator<LogFrame> {
    try {
      for (;;) {
        const text = waiting.shift();
        if (text !== undefined) {
          yield LogFrame.parse(JSON.parse(text));
          continue;
        }
        if (end.done) break;
        if (socket.isPaused) socket.resume();
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (waiting.length > 0 || end.done) resolve();
        });
      }
    } finally {
      socket.close();
    }
    if (refusal !== undefined) throw refusal;
  }
}
