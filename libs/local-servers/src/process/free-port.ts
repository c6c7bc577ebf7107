import { createServer } from 'node:net';

/** A TCP port of the loopback interface that is free now; the server that takes it may still lose a race. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no TCP port to be had'));
        else resolve(address.port);
      });
    });
  });
}
