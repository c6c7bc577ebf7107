import { setTimeout as pause } from 'node:timers/promises';
import { LogFrame, type BuildId } from '@cyclone/contracts';
import { WebSocket } from 'ws';

/** Everything the log socket says of a build until its end. */
export function readLogSocket(
  platform: { readonly url: string; readonly token: string },
  buildId: BuildId,
  options: { readonly after?: string; readonly timeoutMs?: number } = {},
): Promise<readonly LogFrame[]> {
  const url = new URL(`${platform.url.replace(/^http/, 'ws')}/api/v1/builds/${buildId}/log`);
  if (options.after !== undefined) url.searchParams.set('after', options.after);
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${platform.token}` } });
  const frames: LogFrame[] = [];
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.terminate();
      reject(new Error(`the log of ${buildId} had no end; last frame: ${JSON.stringify(frames.at(-1))}`));
    }, options.timeoutMs ?? 60_000);
    socket.on('message', (data: Buffer) => frames.push(LogFrame.parse(JSON.parse(data.toString('utf8')))));
    socket.on('error', reject);
    socket.on('close', (code) => {
      clearTimeout(timer);
      if (frames.at(-1)?.kind === 'end') resolve(frames);
      else reject(new Error(`the socket closed with ${code} before the end`));
    });
  });
}

/** The bytes of one step, joined; fails on a gap or a repetition. */
export function textOf(frames: readonly LogFrame[], stepId: string): string {
  let offset = 0;
  let text = '';
  for (const frame of frames) {
    if (frame.kind !== 'log' || frame.stepId !== stepId) continue;
    if (frame.offset !== offset) throw new Error(`step ${stepId}: expected offset ${offset}, got ${frame.offset}`);
    text += frame.text ?? Buffer.from(frame.base64 ?? '', 'base64').toString('latin1');
    offset += frame.bytes;
  }
  return text;
}

/** The same over every broken connection: reads on from the last cursor until the end came. */
export async function followLog(
  platform: { readonly url: string; readonly token: string },
  buildId: BuildId,
  timeoutMs = 90_000,
): Promise<readonly LogFrame[]> {
  const frames: LogFrame[] = [];
  const deadline = performance.now() + timeoutMs;
  for (let cursor: string | undefined; performance.now() < deadline;) {
    const url = new URL(`${platform.url.replace(/^http/, 'ws')}/api/v1/builds/${buildId}/log`);
    if (cursor !== undefined) url.searchParams.set('after', cursor);
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${platform.token}` } });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => socket.terminate(), deadline - performance.now());
      socket.on('message', (data: Buffer) => {
        const frame = LogFrame.parse(JSON.parse(data.toString('utf8')));
        frames.push(frame);
        if ('cursor' in frame) cursor = frame.cursor;
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
    if (frames.at(-1)?.kind === 'end') return frames;
    await pause(reconnectMs);
  }
  throw new Error(`the log of ${buildId} had no end; last frame: ${JSON.stringify(frames.at(-1))}`);
}

const reconnectMs = 100;
