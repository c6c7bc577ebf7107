import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import type { TestProject } from './projects.js';

export interface HookAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends bytes to a webhook address as a forge would, and may stop in the middle when the answer is there already. */
export function postHook(
  platform: { readonly url: string },
  path: string,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>>,
): Promise<HookAnswer> {
  const bytes = Buffer.from(body);
  return new Promise((resolve, reject) => {
    let answered = false;
    const sending = request(
      `${platform.url}${path}`,
      { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, timeout: 30_000 },
      (response) => {
        answered = true;
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        const settle = (): void =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') });
        response.on('end', settle).on('error', settle);
      },
    );
    // A server that refuses early closes while the body is still on its way.
    sending.on('error', (error) => answered || reject(error));
    sending.on('timeout', () => sending.destroy(new Error('the hook was not answered')));
    sending.end(bytes);
  });
}

export const hmac = (algorithm: 'sha1' | 'sha256', secret: string, body: string | Uint8Array): string =>
  createHmac(algorithm, secret).update(body).digest('hex');

export const githubHeaders = (
  secret: string,
  body: string | Uint8Array,
  event = 'push',
  delivery: string = randomUUID(),
): Record<string, string> => ({
  'x-github-event': event,
  'x-github-delivery': delivery,
  'x-hub-signature-256': `sha256=${hmac('sha256', secret, body)}`,
});

export const giteaHeaders = (secret: string, body: string, event: string): Record<string, string> => ({
  'x-gitea-event': event,
  'x-gitea-delivery': randomUUID(),
  'x-gitea-signature': hmac('sha256', secret, body),
});

export const noCommit = '0'.repeat(40);

export interface PushFacts {
  readonly ref: string;
  readonly before?: string;
  readonly after: string;
  readonly message?: string;
}

/** The parts of GitHub's and Gitea's push payload that matter; their whole bodies are fixtures of the gateway. */
export const pushBody = ({ ref, before = noCommit, after, message = 'Change something' }: PushFacts) => ({
  ref,
  before,
  after,
  deleted: after === noCommit,
  head_commit:
    after === noCommit
      ? null
      : { id: after, message, timestamp: '2026-05-15T15:20:41+02:00', author: { name: 'A tester' }, url: null },
  commits: [],
  total_commits: 0,
  compare_url: '',
  repository: { id: 1, full_name: 'team/app' },
  pusher: { name: 'tester', username: 'tester', login: 'tester' },
  sender: { login: 'tester', username: 'tester' },
});

export const hookPath = (project: Pick<TestProject, 'id'>, forge: string): string => `/hooks/${project.id}/${forge}`;
