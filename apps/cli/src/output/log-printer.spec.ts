import { describe, expect, it } from '@jest/globals';
import { LogFrame } from '@cyclone/contracts';
import { recordedTerminal } from '../testing/fake-context.js';
import { createLogPrinter } from './log-printer.js';

const step = (name: string, stage: string, more: object): LogFrame =>
  LogFrame.parse({ kind: 'step', jobId: 'main', stepId: name, name, stage, cursor: 'c', ...more });
const started = (name: string, stage: string, at?: number): LogFrame => step(name, stage, { status: 'started', at });
const ended = (name: string, stage: string, more: object): LogFrame => step(name, stage, { status: 'ended', ...more });
const said = (stepId: string, more: object): LogFrame =>
  LogFrame.parse({ kind: 'log', jobId: 'main', stepId, fence: 2, offset: 0, bytes: 1, cursor: 'c', ...more });
const over: LogFrame = { kind: 'end', outcome: 'succeeded', logs: 'complete' };

function print(frames: readonly LogFrame[], options = { bodies: true }): string {
  const terminal = recordedTerminal();
  const printer = createLogPrinter(terminal, options);
  for (const frame of frames) printer.print(frame);
  return terminal.text();
}

const heading = (stage: string): string => `── ${stage} ${'─'.repeat(56 - stage.length)}`;
const lines = (...all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

describe('the log of a build for people', () => {
  it('is folded by stage, with the times of the steps', () => {
    const frames = [
      started('clone', 'pre_build', 1_000),
      said('clone', { text: 'Cloning\n' }),
      ended('clone', 'pre_build', { outcome: 'succeeded', exitCode: 0, at: 1_340 }),
      started('compile', 'pre_build', 2_000),
      said('compile', { text: 'one\ntwo\n' }),
      ended('compile', 'pre_build', { outcome: 'succeeded', exitCode: 0, at: 6_200 }),
      started('test', 'integration', 7_000),
      ended('test', 'integration', { outcome: 'succeeded', at: 194_000 }),
      over,
    ];
    expect(print(frames)).toBe(
      lines(
        heading('pre_build'),
        '▶ clone',
        '  Cloning',
        '✔ clone 340 ms',
        '▶ compile',
        '  one',
        '  two',
        '✔ compile 4.2 s',
        heading('integration'),
        '▶ test',
        '✔ test 3 min 07 s',
      ),
    );
  });

  it('tells steps that run side by side apart by their name', () => {
    const frames = [
      started('unit', 'build'),
      started('lint', 'build'),
      said('lint', { text: 'l1\n' }),
      said('unit', { text: 'u1\nu2' }),
      said('lint', { text: 'l2\n' }),
      said('lint', { text: 'l3\n' }),
      ended('unit', 'build', { outcome: 'succeeded' }),
      said('lint', { text: 'l4\n' }),
    ];
    expect(print(frames)).toBe(
      lines(
        heading('build'),
        '▶ unit',
        '▶ lint',
        '  l1',
        '  [unit]',
        '  u1',
        '  u2',
        '  [lint]',
        '  l2',
        '  l3',
        '✔ unit',
        '  l4',
      ),
    );
  });

  it('says how a step failed, was skipped or was cut off', () => {
    const why = (message: string) => ({ reason: { code: 'a-code', message } });
    const frames = [
      started('test', 'build', 0),
      said('test', { text: 'no newline at the end' }),
      ended('test', 'build', { outcome: 'failed', exitCode: 137, at: 900, ...why('out of memory') }),
      ended('push', 'post_build', { outcome: 'skipped', ...why('a step before it failed') }),
      started('wait', 'post_build', 1_000),
      ended('wait', 'post_build', { outcome: 'timed_out', at: 61_000 }),
      started('stop', 'post_build'),
      ended('stop', 'post_build', { outcome: 'cancelled', ...why('enough\u001b[2J') }),
    ];
    expect(print(frames)).toBe(
      lines(
        heading('build'),
        '▶ test',
        '  no newline at the end',
        '✘ test 900 ms (exit code 137): out of memory',
        heading('post_build'),
        '○ push: a step before it failed',
        '▶ wait',
        '✘ wait 1 min 00 s',
        '▶ stop',
        '■ stop: enough�[2J',
      ),
    );
  });

  it('goes on in a line that came in pieces, and reads bytes that are no UTF-8 as far as it can', () => {
    const frames = [
      started('test', 'build'),
      said('test', { text: 'a' }),
      said('test', { text: 'b\nc' }),
      said('test', { base64: Buffer.from([0x64, 0xff, 0x0a]).toString('base64') }),
      over,
    ];
    expect(print(frames)).toBe(lines(heading('build'), '▶ test', '  ab', '  cd�'));
  });

  it('shows only how it goes where the output is not wanted', () => {
    const frames = [
      started('test', 'build'),
      said('test', { text: 'much\n' }),
      ended('test', 'build', { outcome: 'succeeded' }),
    ];
    expect(print(frames, { bodies: false })).toBe(lines(heading('build'), '▶ test', '✔ test'));
  });

  it('shows what is wrong with the pipeline file, once', () => {
    const problem = {
      severity: 'error',
      code: 'unknown-key',
      message: 'unknown key `comands`',
      file: 'cyclone.yaml',
      line: 5,
      column: 3,
      excerpt: '  comands: npm test\n  ^^^^^^^',
      hint: 'did you mean `commands`?',
    };
    const build = LogFrame.parse({ kind: 'build', build: aBuild({ problems: [problem] }) });
    expect(print([build, build, over])).toBe(
      lines(
        'cyclone.yaml:5:3: error: unknown key `comands` [unknown-key]',
        '      comands: npm test',
        '      ^^^^^^^',
        '  hint: did you mean `commands`?',
      ),
    );
  });
});

function aBuild(more: object): object {
  return {
    id: 'b1',
    projectId: 'shop',
    number: 1,
    status: 'finished',
    outcome: 'rejected',
    trigger: { kind: 'manual', ref: 'main' },
    trust: 'trusted',
    message: '',
    authorName: '',
    streamVersion: 3,
    position: 3,
    requestedAt: 1,
    version: 3,
    repositoryUrl: 'https://git.example.com/shop.git',
    problems: [],
    warnings: [],
    jobs: [],
    images: [],
    ...more,
  };
}
