import type { WebSocket } from 'ws';

/** More than this unsent, and the sender waits: what a slow reader does not take stays in the store, not in memory. */
export const unsentBytesMax = 1024 * 1024;

export interface Outlet {
  /** Resolves when more may be sent; rejects once the socket is closed. */
  send(frame: object): Promise<void>;
  /** False while the reader is behind. */
  readonly isFree: boolean;
  readonly closed: AbortSignal;
  close(code: number, reason: string): void;
}

/** Thrown to the sender when the reader has gone. */
export class SocketClosedError extends Error {
  readonly code = 'socket-closed';
}

export const outletOf = (socket: WebSocket): Outlet => {
  const ending = new AbortController();
  socket.on('close', () => ending.abort());
  return {
    send: (frame) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== socket.OPEN) return reject(new SocketClosedError('the socket is closed'));
        const hasRoom = socket.bufferedAmount < unsentBytesMax;
        socket.send(JSON.stringify(frame), (error) => {
          if (hasRoom) return;
          // The callback comes when the bytes left this process, which is what the wait is for.
          if (error) reject(new SocketClosedError('the socket closed while sending'));
          else resolve();
        });
        if (hasRoom) resolve();
      }),
    get isFree() {
      return socket.bufferedAmount < unsentBytesMax;
    },
    closed: ending.signal,
    close: (code, reason) => socket.close(code, reason.slice(0, 120)),
  };
};
