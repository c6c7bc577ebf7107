/**
 * The hook's program, as it is written into the repository: it must run without anything of ours beside it, with any
 * Node from 18 on. It signs and posts one delivery for each ref; what cannot be sent stays in the spool and goes first
 * next time. A push is never refused or held up for long: git has taken it already.
 */
export const postReceiveScript = `// Written by Cyclone (installBareHook). Tells Cyclone of each ref that was pushed; docs/webhooks.md says how.
import { createHmac, randomUUID } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { url, secret } = JSON.parse(readFileSync(join(here, 'config.json'), 'utf8'));
const spool = join(here, 'spool');
const deadline = Date.now() + 10_000;
const input = readFileSync(0, 'utf8');

const earlier = join(here, '..', 'post-receive.before-cyclone');
if (existsSync(earlier)) spawnSync(earlier, { input, stdio: ['pipe', 'inherit', 'inherit'] });

const isNone = (sha) => /^0+$/.test(sha);
const git = (...args) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 24 });
const commitOf = (after) => {
  try {
    const [sha, name, email, seconds, ...message] = git('log', '-1', '--format=%H%n%an%n%ae%n%ct%n%B', after, '--').split('\\n');
    return { after: sha, author: { name, ...(email ? { email } : {}) }, committedAt: Number(seconds) * 1000, message: message.join('\\n').trim().slice(0, 60_000) };
  } catch {
    return { after, message: '' };
  }
};

mkdirSync(spool, { recursive: true, mode: 0o700 });
for (const line of input.split('\\n')) {
  const [before, after, ref] = line.trim().split(' ');
  if (!ref || !(ref.startsWith('refs/heads/') || ref.startsWith('refs/tags/'))) continue;
  const change = { ref, before, after, ...(isNone(after) ? {} : commitOf(after)), ...(process.env.USER ? { sender: process.env.USER } : {}) };
  const id = String(Date.now()).padStart(15, '0') + '-' + randomUUID();
  writeFileSync(join(spool, id + '.json'), JSON.stringify(change), { mode: 0o600 });
}

const post = (id, body) => new Promise((resolve) => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = 'v1=' + createHmac('sha256', secret).update(timestamp + '.' + id + '.').update(body).digest('hex');
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length, 'X-Cyclone-Timestamp': timestamp, 'X-Cyclone-Delivery': id, 'X-Cyclone-Signature': signature };
  const request = (url.startsWith('https:') ? https : http)(url, { method: 'POST', headers, timeout: Math.max(1, Math.min(5_000, deadline - Date.now())) }, (response) => {
    response.resume();
    response.on('end', () => resolve(response.statusCode));
    response.on('error', () => resolve(0));
  });
  request.on('timeout', () => request.destroy());
  request.on('error', () => resolve(0));
  request.end(body);
});

// What is malformed or unsigned now will not be better later; everything else is tried again with the next push.
const isFinal = (status) => (status >= 200 && status < 300) || status === 413 || status === 422;
for (const file of readdirSync(spool).sort().slice(0, 100)) {
  let status = 0;
  for (const pauseMs of [0, 300, 1_000]) {
    if (Date.now() + pauseMs > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    status = await post(file.replace(/\\.json$/, ''), readFileSync(join(spool, file)));
    if (status !== 0 && status !== 503 && status !== 429) break;
  }
  if (isFinal(status)) rmSync(join(spool, file), { force: true });
  if (status >= 200 && status < 300) console.log('cyclone: told of the push');
  else {
    console.log('cyclone: could not be told (' + (status || 'no answer') + '); the next push tells it again');
    break;
  }
}
`;

/** Finds a Node: the one that installed the hook, else one on PATH; without any, the push still succeeds. */
export const postReceiveWrapper = (node: string): string => `#!/bin/sh
# Written by Cyclone (installBareHook). A hook that was here before is post-receive.before-cyclone and runs first.
node=${shellQuote(node)}
[ -x "$node" ] || node=node
program="$(dirname "$0")/cyclone/post-receive.mjs"
command -v "$node" >/dev/null 2>&1 || { echo "cyclone: no Node found, it was not told of this push"; exit 0; }
"$node" "$program" || echo "cyclone: its hook failed; the push itself is in"
exit 0
`;

const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
