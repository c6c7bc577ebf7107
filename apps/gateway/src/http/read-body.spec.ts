import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ProblemError } from './problem-error.js';
import { readBody } from './read-body.js';

let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    readBody(request, { bytesMax: 10, msMax: 100 }).then(
      (body) => response.end(body),
      (error: unknown) =>
        response.writeHead(error instanceof ProblemError ? error.problem.status : 500, { Connection: 'close' }).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const send = (...pieces: string[]): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () =>
      pieces.forEach((piece) => socket.write(piece)),
    );
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', () => undefined);
  });
const head = (...lines: string[]): string =>
  `POST / HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

it.each<[string, string[], number]>([
  ['as long as may be', [head('Content-Length: 10'), '0123456789'], 200],
  ['too long by its length', [head('Content-Length: 11')], 413],
  ['too long by its bytes', [head('Transfer-Encoding: chunked'), 'b\r\n01234567890\r\n0\r\n\r\n'], 413],
  ['that does not come in time', [head('Content-Length: 10'), '01234'], 408],
  ['that is packed', [head('Content-Length: 3', 'Content-Encoding: gzip'), 'abc'], 415],
])('a body %s', async (_, pieces, status) =>
  expect(await send(...pieces)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `)),
);
