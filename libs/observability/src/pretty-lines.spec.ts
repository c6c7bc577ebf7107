import { describe, expect, it } from '@jest/globals';
import { prettyLine } from './pretty-lines.js';

const plain = (text: string): string => text.replace(/\u001b\[\d+m/g, '');
const line = (fields: Record<string, unknown>): string =>
  JSON.stringify({ level: 'info', time: 0, service: 'log-svc', message: 'stored', ...fields });

describe('a line for people', () => {
  it('shows time, level, service, message and fields', () => {
    expect(plain(prettyLine(line({ buildId: 'b1', reason: 'two words' })))).toBe(
      '00:00:00.000 info  log-svc: stored buildId=b1 reason="two words"',
    );
  });

  it("shows an error's message in the line and its stack below", () => {
    const shown = plain(
      prettyLine(line({ error: { message: 'no route', stack: 'Error: no route\n    at f (a.ts:1:1)' } })),
    );
    expect(shown).toBe('00:00:00.000 info  log-svc: stored error="no route"\n  at f (a.ts:1:1)');
  });

  it('does not let a value speak to the terminal', () => {
    expect(prettyLine(line({ ref: '\u001b[2Jx\u009b1m' }))).not.toMatch(/\u001b\[2J|\u009b/);
  });

  it('passes on what is not ours', () => {
    expect(prettyLine('Segmentation fault')).toBe('Segmentation fault');
  });
});
