// Runs against the image that was just built, with a real Redis beside it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { SERVICE_URL = 'http://app:8080' } = process.env;

test('the built image answers', async () => {
  const health = await (await fetch(`${SERVICE_URL}/health`)).json();
  assert.equal(health.status, 'ok');
});

test('visits are counted in Redis', async () => {
  const first = await (await fetch(SERVICE_URL)).json();
  const second = await (await fetch(SERVICE_URL)).json();
  assert.equal(second.visits, first.visits + 1);
});
