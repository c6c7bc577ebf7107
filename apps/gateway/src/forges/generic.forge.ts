import { Change } from '@cyclone/contracts';
import { z } from 'zod';
import type { Forge, Reading } from './forge.js';
import {
  commitOrNone,
  cut,
  filtered,
  isBranchRef,
  isTagRef,
  parseBody,
  ping,
  readChange,
  withPayload,
} from './reading.js';
import { bodyDigest, equalInConstantTime, good, hmacHex, refused } from './signature.js';

/** The documented form for anything that is not a known forge (docs/webhooks.md). Unknown keys are left alone. */
const Payload = z.object({
  event: z.enum(['push', 'tag', 'pull_request', 'ping']).optional(),
  ref: z.string(),
  before: z.string().nullish(),
  after: z.string().nullish(),
  message: z.string().optional(),
  author: z.object({ name: z.string(), email: z.string().optional(), login: z.string().optional() }).optional(),
  sender: z.string().optional(),
  committedAt: z.number().optional(),
  url: z.string().optional(),
  pullRequest: Change.shape.pullRequest,
});
const Ping = z.object({ event: z.literal('ping') });

const readPayload = (payload: z.output<typeof Payload>): Reading => {
  const after = commitOrNone(payload.after);
  if (after === undefined) return filtered(`${cut(payload.ref, 500)} was deleted`);
  if (payload.pullRequest === undefined && !isTagRef(payload.ref) && !isBranchRef(payload.ref)) {
    return filtered(`${cut(payload.ref, 500)} is neither a branch nor a tag`);
  }
  return readChange({
    kind: payload.pullRequest !== undefined ? 'pull_request' : isTagRef(payload.ref) ? 'tag' : 'push',
    ref: payload.ref,
    before: commitOrNone(payload.before),
    after,
    message: cut(payload.message, 65_536),
    author: payload.author ?? { name: cut(payload.sender, 200) },
    sender: payload.sender,
    committedAt: payload.committedAt,
    url: payload.url,
    pullRequest: payload.pullRequest,
  });
};

const windowMs = 5 * 60_000;

export const signGeneric = (secret: string, timestamp: string, deliveryId: string, body: string | Uint8Array): string =>
  `v1=${hmacHex(secret, timestamp, '.', deliveryId, '.', body)}`;

const verify: Forge['verify'] = ({ body, headers, secret, nowMs }) => {
  if (secret === '') return refused('the project has no webhook secret');
  const timestamp = headers['x-cyclone-timestamp'];
  const deliveryId = headers['x-cyclone-delivery'];
  const signature = headers['x-cyclone-signature'];
  if (!signature) return refused('no X-Cyclone-Signature header');
  if (!timestamp || !/^\d{1,12}$/.test(timestamp)) return refused('X-Cyclone-Timestamp: seconds since 1970 are needed');
  if (!deliveryId || deliveryId.length > 200)
    return refused('X-Cyclone-Delivery: an id of 1 to 200 characters is needed');
  if (Math.abs(nowMs - Number(timestamp) * 1000) > windowMs)
    return refused('X-Cyclone-Timestamp is more than five minutes off');
  return equalInConstantTime(signature, signGeneric(secret, timestamp, deliveryId, body))
    ? good
    : refused('X-Cyclone-Signature does not match: is the secret the one of this project?');
};

const genericOf = (kind: 'generic' | 'bare'): Forge => ({
  kind,
  keptHeaders: ['content-type', 'user-agent', 'x-cyclone-delivery', 'x-cyclone-timestamp'],
  verify,
  identify: ({ body, headers }) => ({ deliveryId: cut(headers['x-cyclone-delivery'], 200) || bodyDigest(body), kind }),
  read: ({ body, headers }) => {
    const parsed = parseBody(body, headers);
    if ('problem' in parsed) return parsed.problem;
    return Ping.safeParse(parsed.value).success ? ping : withPayload(Payload, parsed.value, readPayload);
  },
});

export const genericForge = genericOf('generic');
/** A bare repository's own hook, installed by us, speaks the generic form. */
export const bareForge = genericOf('bare');
