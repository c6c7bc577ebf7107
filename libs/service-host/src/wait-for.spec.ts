import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@cyclone/observability';
import { waitFor } from './wait-for.js';

const spy = () => {
  const lines: string[] = [];
  return {
    lines,
    logger: createLogger({ service: 'spec', level: 'info', destination: { write: (line) => void lines.push(line) } }),
  };
};

describe('waiting for a server', () => {
  it('goes on until it is there, says what it waits for once in a while, and when it came', async () => {
    const { lines, logger } = spy();
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      if (tries < 3) throw new Error('refused');
      return 'connected';
    };
    expect(await waitFor(attempt, { what: 'MongoDB', logger })).toBe('connected');
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['waiting for MongoDB', 'MongoDB is there']);
  });

  it('ends when waiting cannot help, or is no longer wanted', async () => {
    const { logger } = spy();
    const refused = () => Promise.reject(new Error('wrong password'));
    await expect(waitFor(refused, { what: 'MongoDB', logger, isHopeless: () => true })).rejects.toThrow(
      'wrong password',
    );
    const stop = new AbortController();
    const waiting = waitFor(refused, { what: 'MongoDB', logger, signal: stop.signal });
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
