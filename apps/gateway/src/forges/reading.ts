import { Change } from '@cyclone/contracts';
import type { z } from 'zod';
import type { Headers, Reading } from './forge.js';

export const filtered = (reason: string): Reading => ({ kind: 'filtered', reason: reason.slice(0, 1000) });
export const unusable = (reason: string): Reading => ({ kind: 'unusable', reason: reason.slice(0, 1000) });
export const ping: Reading = { kind: 'ping' };

/** A commit that is all zeros is how forges say "none": the ref was created or deleted. */
export const commitOrNone = (sha: string | null | undefined): string | undefined =>
  sha === null || sha === undefined || /^0*$/.test(sha) ? undefined : sha.toLowerCase();

/** Tags that the 2016 system made for its own manual builds; building for them would go in a circle. */
const ownTag = /_Cyclone$/;
const skipMark = /\[(?:skip ci|ci skip)\]/i;

/** Rules that hold whatever the forge: our own tags and marked messages are not built. */
export const readChange = (candidate: z.input<typeof Change>): Reading => {
  const parsed = Change.safeParse(candidate);
  if (!parsed.success) return unusable(describe(parsed.error, 'the change'));
  const change = parsed.data;
  if (change.kind === 'tag' && ownTag.test(change.ref))
    return filtered('a tag that ends in _Cyclone was made by a build');
  const marked = skipMark.exec(change.message) ?? (change.pullRequest && skipMark.exec(change.pullRequest.title));
  if (marked) return filtered(`the message says ${marked[0]}`);
  return { kind: 'change', change };
};

export const describe = (error: z.ZodError, root: string): string =>
  error.issues
    .slice(0, 5)
    .map((issue) => `${[root, ...issue.path.map(String)].join('.')}: ${issue.message}`)
    .join('; ');

/** JSON, or the `payload` field of a form, as some forges are set to send. */
export const parseBody = (body: Uint8Array, headers: Headers): { value: unknown } | { problem: Reading } => {
  const text = new TextDecoder('utf-8').decode(body);
  const isForm = headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded') === true;
  const json = isForm ? new URLSearchParams(text).get('payload') : text;
  if (json === null) return { problem: unusable('body: a form without a field named payload') };
  try {
    return { value: JSON.parse(json) };
  } catch (error) {
    return { problem: unusable(`body: not JSON (${error instanceof Error ? error.message : 'unreadable'})`) };
  }
};

/** Parses with the schema of one event, or says which field is wrong. */
export const withPayload = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  read: (payload: z.output<Schema>) => Reading,
): Reading => {
  const parsed = schema.safeParse(value);
  return parsed.success ? read(parsed.data) : unusable(describe(parsed.error, 'body'));
};

export const epochOf = (time: string | null | undefined): number | undefined => {
  const ms = time === null || time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
};

export const isTagRef = (ref: string): boolean => ref.startsWith('refs/tags/');
export const isBranchRef = (ref: string): boolean => ref.startsWith('refs/heads/');
/** Stored fields have limits; a long message is cut rather than refused. */
export const cut = (text: string | null | undefined, length: number): string => (text ?? '').slice(0, length);
export const cutOrNone = (text: string | null | undefined, length: number): string | undefined => {
  const kept = cut(text, length);
  return kept === '' ? undefined : kept;
};
