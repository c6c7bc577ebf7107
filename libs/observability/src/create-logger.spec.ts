import { describe, expect, it } from '@jest/globals';
import { withTrace } from './correlation.js';
import { createLogger } from './create-logger.js';
import type { Logger, LogLevel } from './logger.js';

const spy = (level: LogLevel = 'info'): { logger: Logger; lines: () => Record<string, unknown>[]; raw: string[] } => {
  const raw: string[] = [];
  const logger = createLogger({ service: 'spec', level, destination: { write: (line) => void raw.push(line) } });
  const parse = (line: string): Record<string, unknown> => JSON.parse(line);
  return { logger, raw, lines: () => raw.map(parse) };
};

describe('the logger', () => {
  it('writes one JSON line with level, time, service, message and fields', () => {
    const { logger, lines } = spy();
    logger.child({ buildId: 'b1' }).info('a step ended', { exitCode: 1 });
    expect(lines()).toEqual([
      { level: 'info', time: expect.any(Number), service: 'spec', message: 'a step ended', buildId: 'b1', exitCode: 1 },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { logger, raw } = spy('warn');
    logger.info('no');
    logger.warn('yes');
    expect(raw).toHaveLength(1);
  });

  it('carries the correlation id of the work that logs, also after it waited', async () => {
    const { logger, lines } = spy();
    await withTrace({ correlationId: 'c1' }, async () => {
      await Promise.resolve();
      logger.info('inside');
    });
    logger.info('outside');
    expect(lines().map((line) => line['correlationId'])).toEqual(['c1', undefined]);
  });

  it('writes errors with code, cause and stack', () => {
    const { logger, lines } = spy();
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'E1' });
    logger.error('failed', { error });
    expect(lines()[0]?.['error']).toMatchObject({
      message: 'outer',
      code: 'E1',
      cause: { message: 'inner' },
      stack: expect.stringContaining('outer'),
    });
  });

  it('shows no credential, however deep it lies', () => {
    const { logger, raw } = spy();
    const error = Object.assign(new Error('cannot reach mongodb://root:hunter2@host/db'), {
      config: { auth: { password: 'hunter2' } },
    });
    logger.child({ apiKey: 'hunter2' }).error('failed', {
      error,
      headers: { Authorization: 'Bearer hunter2', 'x-api-key': 'hunter2' },
      list: [{ jobToken: 'hunter2' }, 'nats://user:hunter2@host:4222'],
      CYCLONE_NATS_PASSWORD: 'hunter2',
      secrets: { A: 'hunter2' },
    });
    expect(raw.join('')).not.toContain('hunter2');
  });

  it('keeps what only sounds like a credential', () => {
    const { logger, lines } = spy();
    logger.info('kept', { tokenId: 't1', secretName: 'A', url: 'https://host/path', author: 'me' });
    expect(lines()[0]).toMatchObject({ tokenId: 't1', secretName: 'A', url: 'https://host/path', author: 'me' });
  });

  it('survives values that cannot be written', () => {
    const { logger, lines } = spy();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    logger.info('odd', {
      circle,
      big: 10n,
      fn: () => 1,
      bytes: new Uint8Array(3),
      when: new Date(NaN),
      many: Array.from({ length: 1_000 }, () => 1),
    });
    expect(lines()[0]).toMatchObject({ big: '10', fn: '[function]', bytes: '[3 bytes]', when: 'invalid date' });
    expect(lines()[0]?.['many']).toHaveLength(100);
  });
});
