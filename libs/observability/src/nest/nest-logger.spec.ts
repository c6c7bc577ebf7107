import { expect, it } from '@jest/globals';
import type { LogFields, Logger } from '../logger.js';
import { nestLogger } from './nest-logger.js';

it("puts Nest's lines into ours: its notes as debug, its errors with context and details", () => {
  const lines: [string, string, LogFields | undefined][] = [];
  const write = (level: string) => (message: string, fields?: LogFields) => void lines.push([level, message, fields]);
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
    child: () => logger,
  };
  const bridge = nestLogger(logger);
  const error = new Error('no');
  bridge.log('Mapped {/x}', 'Router');
  bridge.error('broke', error, 'Answers');
  bridge.error(error, 'Exceptions');
  expect(lines).toEqual([
    ['debug', 'Mapped {/x}', { nest: 'Router' }],
    ['error', 'broke', { nest: 'Answers', details: [error] }],
    ['error', 'no', { nest: 'Exceptions', error }],
  ]);
});
