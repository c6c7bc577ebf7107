import { type Server, createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isInsideAddress } from './inside-address.js';
import { createOutboundHttp } from './outbound-http.js';

describe('inside addresses', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '0.0.0.0',
    '100.64.0.1',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    'localhost',
    '',
  ])('%s is one', (address) => expect(isInsideAddress(address)).toBe(true));
  it.each(['1.1.1.1', '140.82.121.3', '172.32.0.1', '2606:4700:4700::1111'])('%s is none', (address) =>
    expect(isInsideAddress(address)).toBe(false),
  );
});

describe('calling outside', () => {
  let server: Server;
  let port: number;
  let hits = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      hits += 1;
      if (request.url === '/redirect') response.writeHead(302, { location: '/elsewhere' }).end();
      else request.pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const refusing = createOutboundHttp([]);
  const allowing = createOutboundHttp(['127.0.0.1']);

  it.each([
    ['this machine', (at: number) => `http://127.0.0.1:${at}/`],
    ['this machine in hexadecimal', (at: number) => `http://0x7f.1:${at}/`],
    ['this machine as one number', (at: number) => `http://2130706433:${at}/`],
    ['this machine by IPv6', (at: number) => `http://[::1]:${at}/`],
    ['this machine by mapped IPv6', (at: number) => `http://[::ffff:127.0.0.1]:${at}/`],
    ['a name that leads inside', (at: number) => `http://localhost:${at}/`],
    ['cloud metadata', () => 'http://169.254.169.254/latest'],
    ['a file', () => 'file:///etc/passwd'],
    ['an address with a password', () => 'https://user:pass@example.com/'],
    ['no address', () => 'nonsense'],
  ])('refuses %s', async (_name, url) => {
    hits = 0;
    await expect(refusing.post(url(port), {}, '{}')).rejects.toMatchObject({ code: 'outbound-refused' });
    expect(hits).toBe(0);
  });

  it('calls an inside host that an administrator allowed', async () => {
    expect(await allowing.post(`http://127.0.0.1:${port}/`, {}, 'echo')).toMatchObject({ status: 200, body: 'echo' });
    await expect(allowing.post(`http://localhost:${port}/`, {}, 'echo')).rejects.toMatchObject({
      code: 'outbound-refused',
    });
  });

  it('follows no redirection', async () => {
    hits = 0;
    expect(await allowing.post(`http://127.0.0.1:${port}/redirect`, {}, '')).toMatchObject({ status: 302 });
    expect(hits).toBe(1);
  });

  it('says that a server is not there, which may change', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const address = closed.address();
    const closedPort = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => closed.close(resolve));
    await expect(allowing.post(`http://127.0.0.1:${closedPort}/`, {}, '')).rejects.toMatchObject({
      code: 'outbound-failed',
      retriable: true,
    });
  });
});
