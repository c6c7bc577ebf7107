import type { OutboundReply } from '../outbound/outbound-http.js';

export type StatusOutcome =
  | { readonly kind: 'delivered'; readonly detail: string }
  | { readonly kind: 'failed'; readonly message: string; readonly isPermanent: boolean; readonly notBefore?: number };

const excerptChars = 300;

const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** `Retry-After` in seconds or as a date; GitHub's `x-ratelimit-reset` in seconds since 1970. */
const retryTime = ({ headers }: OutboundReply, now: number): number | undefined => {
  const after = first(headers['retry-after']);
  if (after !== undefined) {
    const at = /^\d+$/.test(after) ? now + Number(after) * 1_000 : Date.parse(after);
    return Number.isFinite(at) ? at : undefined;
  }
  const reset = first(headers['x-ratelimit-remaining']) === '0' ? first(headers['x-ratelimit-reset']) : undefined;
  return reset !== undefined && /^\d+$/.test(reset) ? Number(reset) * 1_000 : undefined;
};

/** GitLab refuses to be told a state that it has: then it knows. */
const isKnownAlready = ({ status, body }: OutboundReply): boolean =>
  status === 400 && /cannot transition status/i.test(body);

const hints: Readonly<Record<number, string>> = {
  401: 'the forge token is not valid',
  403: 'the forge token may not set commit statuses',
  404: 'the repository or the commit is not there, or the forge token may not see it',
};

export const judgeStatusReply = (reply: OutboundReply, now: number): StatusOutcome => {
  const { status, body } = reply;
  if (status >= 200 && status < 300) return { kind: 'delivered', detail: `HTTP ${status}` };
  if (isKnownAlready(reply)) return { kind: 'delivered', detail: 'the forge had this status already' };
  const notBefore = retryTime(reply, now);
  const isLimited = status === 429 || (status === 403 && notBefore !== undefined);
  const excerpt = body.replace(/\s+/g, ' ').slice(0, excerptChars).trim();
  const message = [`the forge answered HTTP ${status}`, isLimited ? 'it asks to wait' : hints[status], excerpt]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
  return {
    kind: 'failed',
    message,
    isPermanent: status < 500 && !isLimited && status !== 408,
    notBefore: isLimited || status === 503 ? notBefore : undefined,
  };
};
