import { connect } from 'node:net';

/** Raises the counter in Redis by one and gives its new value. Speaks the wire protocol, so it needs no package. */
export function countVisit(redis: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(redis.port, redis.host);
    socket.setTimeout(2_000, () => socket.destroy(new Error('timed out')));
    socket.once('error', reject);
    socket.once('connect', () => socket.write('INCR visits\r\n'));
    socket.once('data', (reply) => {
      socket.end();
      const number = parseReply(reply.toString());
      if (number === undefined) reject(new Error(`unexpected reply ${reply.toString().trim()}`));
      else resolve(number);
    });
  });
}

/** `:7\r\n` is the integer 7; everything else is not a count. */
export function parseReply(reply: string): number | undefined {
  const match = /^:(\d+)\r\n$/.exec(reply);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
