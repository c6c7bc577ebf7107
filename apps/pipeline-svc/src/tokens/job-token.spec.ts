import { describe, expect, it } from '@jest/globals';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { jobTokenMsMax } from '@cyclone/contracts';
import { buildId, jobId, projectId, runnerId } from '../testing/build-samples.js';
import { JobTokens } from './job-token.js';

const tokens = new JobTokens(Buffer.alloc(32, 1));
const subject = { projectId, buildId, jobId: jobId('main'), attempt: 1, fence: 4, runnerId };
const now = 1_700_000_000_000;
const { token, expiresAt } = tokens.issue(subject, now);
const [header = '', body = '', signature = ''] = token.split('.');
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a job token', () => {
  it('says for two hours what it was issued for', () => {
    expect(tokens.verify(token, now)).toMatchObject(subject);
    expect(expiresAt - now).toBe(jobTokenMsMax);
    expect(tokens.verify(token, expiresAt - 1)).toMatchObject(subject);
    expect(tokens.verify(token, expiresAt)).toBeUndefined();
  });
  it('is good for any instance with the same master key, and for whoever has the public half', () => {
    expect(new JobTokens(Buffer.alloc(32, 1)).verify(token, now)).toMatchObject(subject);
    expect(
      verify(
        null,
        Buffer.from(`${header}.${body}`),
        createPublicKey(tokens.publicKeyPem),
        Buffer.from(signature, 'base64url'),
      ),
    ).toBe(true);
  });
  const forged = encode({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), fence: 5 });
  const hs256 = `${encode({ alg: 'HS256', typ: 'JWT', kid: tokens.keyId })}.${body}`;
  it.each([
    ['of another master key', new JobTokens(Buffer.alloc(32, 2)).issue(subject, now).token],
    ['with another body', `${header}.${forged}.${signature}`],
    ['without a signature', `${header}.${body}.`],
    ['of no algorithm', `${encode({ alg: 'none', kid: tokens.keyId })}.${body}.${signature}`],
    [
      'signed with the public key as a secret',
      `${hs256}.${createHmac('sha256', tokens.publicKeyPem).update(hs256).digest('base64url')}`,
    ],
    ['with parts too many', `${token}.x`],
    ['that is no token', 'nothing'],
    ['that is very long', `${token}${'A'.repeat(5_000)}`],
  ])('%s is refused', (_what, bad) => {
    expect(tokens.verify(bad, now)).toBeUndefined();
  });
});
