import { describe, expect, it } from '@jest/globals';
import { formatFinding, formatSummary, type VerifyReport } from './format-report.js';

const plain = { colours: false };

describe('what cyclone verify prints', () => {
  it('names stream, version, event, and what was expected', () => {
    const text = formatFinding(
      {
        check: 'chain',
        message: 'the event is not what was once appended',
        stream: 'build-b1',
        version: 7,
        eventId: 'e7',
        expected: 'commit hash aa',
        found: 'commit hash bb',
      },
      plain,
    );
    expect(text).toBe(
      [
        '✘ chain       the event is not what was once appended',
        '              build-b1, version 7, event e7',
        '              expected: commit hash aa',
        '              found:    commit hash bb',
      ].join('\n'),
    );
  });

  it('is one line where there is nothing more to name', () => {
    expect(formatFinding({ check: 'checkpoint', message: 'lines.jsonl:3 is not a checkpoint' }, plain)).toBe(
      '✘ checkpoint  lines.jsonl:3 is not a checkpoint',
    );
  });

  const report: VerifyReport = {
    ok: true,
    findings: [],
    checked: { commits: 1_200, events: 3_456, streams: 1, checkpoints: 1, sealedLogs: 0, views: ['a', 'b'] },
    notChecked: ['signatures of checkpoints: --public-key FILE'],
    tookMs: 1_234,
  };

  it('sums up, and says what could not be checked', () => {
    expect(formatSummary(report, plain)).toBe(
      [
        '✔ nothing is wrong: 3,456 events in 1,200 commits of 1 stream, 1 checkpoint, 0 sealed logs, 2 kinds of views (1.2 s)',
        '  not checked: signatures of checkpoints: --public-key FILE',
      ].join('\n'),
    );
  });

  it('counts what was found', () => {
    const findings = [{ check: 'I3', message: 'a gap' }] as const;
    expect(formatSummary({ ...report, ok: false, findings, notChecked: [] }, plain)).toMatch(
      /^✘ 1 finding: 3,456 events/,
    );
  });
});
