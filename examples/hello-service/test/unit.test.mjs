import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createHelloServer } from '../dist/server.mjs';
import { parseReply } from '../dist/visits.mjs';

test('a count is read from the reply', () => assert.equal(parseReply(':42\r\n'), 42));
test('an error reply is not a count', () => assert.equal(parseReply('-ERR no\r\n'), undefined));

test('the service greets, tells its version and knows its paths', async () => {
  const server = createHelloServer({ version: '1.2.3', redis: undefined }).listen(0);
  await once(server, 'listening');
  const at = (path) => fetch(`http://127.0.0.1:${server.address().port}${path}`);
  assert.deepEqual(await (await at('/')).json(), { message: 'Hello from Cyclone', version: '1.2.3' });
  assert.equal((await at('/nowhere')).status, 404);
  server.close();
});
