import { connect } from 'node:net';

const GREETING_TIMEOUT_MS = 2_000;

/** What a TCP server of the loopback interface says first, or in answer to `say`; rejects if it says nothing. */
export function tcpGreeting(port: number, say?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.setTimeout(GREETING_TIMEOUT_MS, () => socket.destroy(new Error(`no greeting on port ${port}`)));
    socket.once('connect', () => {
      if (say !== undefined) socket.write(say);
    });
    socket.once('data', (bytes) => {
      resolve(bytes.toString('utf8'));
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`port ${port} was closed`)));
  });
}

/** Whether something listens on a port, of the loopback interface unless another host is named. */
export function tcpAccepts(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (accepts: boolean) => {
      socket.destroy();
      resolve(accepts);
    };
    socket.setTimeout(GREETING_TIMEOUT_MS, () => answer(false));
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
