import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface FakeServer {
  readonly url: string;
  readonly http: Server;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

/** A server on loopback that gives each request the next answer. */
export async function fakeServer(
  answer: (request: Seen) => { readonly status?: number; readonly body?: unknown },
): Promise<FakeServer> {
  const seen: Seen[] = [];
  const http = createServer((request, response) => {
    void read(request).then((one) => {
      seen.push(one);
      const { status = 200, body } = answer(one);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    http,
    seen,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

const read = async (request: IncomingMessage): Promise<Seen> => ({
  method: request.method ?? '',
  path: request.url ?? '',
  authorization: request.headers.authorization,
  body: await text(request),
});
