import { gunzipSync } from 'node:zlib';
import { existsSync } from 'node:fs';
import { text as textOf, buffer as bufferOf } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { BuildView, StepLogIndex } from '@cyclone/contracts';
import { aBuild, aLogIndex, aProject, aStep } from '../testing/a-build.js';
import type { BuildLogs } from './build-logs.js';
import { formatDuration, shortRef } from './build-report.js';
import { composeMail } from './compose-mail.js';

const logsOf = (texts: Readonly<Record<string, string>>, changes: Partial<StepLogIndex> = {}): BuildLogs => ({
  index: async () =>
    Object.entries(texts).map(([stepId, text]) => ({ ...aLogIndex(stepId, Buffer.byteLength(text)), ...changes })),
  bytesOf: async function* (_buildId, { stepId }, from) {
    const bytes = Buffer.from(texts[stepId] ?? '');
    for (let at = from; at < bytes.byteLength; at += 50_000) yield bytes.subarray(at, at + 50_000);
  },
});

const compose = (
  build: BuildView,
  logs: BuildLogs | undefined,
  more: { limits?: { plainBytesMax: number; fileBytesMax: number } } = {},
) =>
  composeMail({
    build,
    project: aProject(),
    logs,
    links: [['Build', 'https://ci.example/builds/b1']],
    domain: 'ci.example',
    ...more,
  });

describe("a build's mail", () => {
  it('names project, outcome, branch and number in its subject', async () => {
    const mail = await compose(aBuild([]), logsOf({}));
    expect(mail.to('a@x').subject).toBe('[Shop] Failed: main #12');
    await mail.dispose();
  });

  it('shows every step under its stage with its result, time and reason', async () => {
    const steps = [
      aStep('unit tests', {
        id: 's2',
        stage: 'integration',
        outcome: 'failed',
        exitCode: 137,
        reason: { code: 'oom', message: 'out of memory' },
        endedAt: 63_000,
      }),
      aStep('compile', { id: 's1', stage: 'pre_build' }),
      aStep('notify', { id: 's3', stage: 'post_build', outcome: 'skipped', exitCode: undefined, startedAt: undefined }),
    ];
    const { text, html } = (await compose(aBuild(steps), logsOf({}))).to('a@x');
    expect(text).toContain(
      'Pre-build\n  compile     succeeded      2.5 s\nIntegration\n  unit tests  failed     1 min 2 s  exit code 137, out of memory\nPost-build\n  notify      skipped',
    );
    expect(text).toContain('Duration: 1 min 34 s');
    for (const words of [
      'Pre-build',
      'unit tests',
      'exit code 137, out of memory',
      'https://ci.example/builds/b1',
      'content="light dark"',
    ])
      expect(html).toContain(words);
  });

  it('shows the problems of a rejected build and the images of a good one', async () => {
    const rejected = aBuild([], {
      outcome: 'rejected',
      problems: [
        {
          severity: 'error',
          code: 'x',
          message: 'unknown key "stpes"',
          file: 'cyclone.yaml',
          line: 3,
          column: 1,
          hint: 'did you mean "steps"?',
        },
      ],
    });
    expect((await compose(rejected, logsOf({}))).to('a@x').text).toContain(
      'cyclone.yaml:3:1: unknown key "stpes" (did you mean "steps"?)',
    );
    const digest = `sha256:${'b'.repeat(64)}`;
    const good = aBuild([], {
      outcome: 'succeeded',
      images: [{ stepId: 's1', repository: 'registry.example/shop', digest, tags: ['v1', 'latest'], publishedAt: 1 }],
    });
    expect((await compose(good, logsOf({}))).to('a@x').text).toContain(`registry.example/shop@${digest} (v1, latest)`);
  });

  it('ends with the last thirty lines of the step that failed, as plain text', async () => {
    const lines = Array.from({ length: 100 }, (_, index) => `\u001b[32mline ${index}\u001b[0m`).join('\n');
    const build = aBuild([
      aStep('good'),
      aStep('bad', { outcome: 'failed', exitCode: 1 }),
      aStep('soft', { outcome: 'failed', ignored: true }),
    ]);
    const { text } = (await compose(build, logsOf({ good: 'fine\n', bad: `${lines}\n`, soft: 'never mind\n' }))).to(
      'a@x',
    );
    expect(text).toContain('End of the log of bad\n---------------------\nline 70\nline 71\n');
    expect(text).toContain('line 99\n');
    expect(text).not.toContain('line 69\n');
    expect(text).not.toContain('End of the log of soft');
  });

  it('attaches the whole log in the order of the steps, with headings, without colours', async () => {
    const build = aBuild([aStep('one'), aStep('two', { outcome: 'failed', exitCode: 2 })]);
    const mail = await compose(build, logsOf({ two: '\u001b[1msecond', one: 'first\n' }));
    const [attachment] = mail.to('a@x').attachments;
    if (attachment === undefined) throw new Error('no attachment');
    expect(attachment).toMatchObject({ filename: 'shop-12.log', contentType: 'text/plain; charset=utf-8' });
    expect(await textOf(attachment.open())).toBe(
      '===== build / main / one (succeeded, exit code 0, 2.5 s) =====\nfirst\n\n===== build / main / two (failed, exit code 2, 2.5 s) =====\nsecond\n\n',
    );
    await mail.dispose();
  });

  it('compresses a long log, and leaves nothing on disk', async () => {
    const long = 'a line of the log\n'.repeat(100_000);
    const mail = await compose(aBuild([aStep('one')]), logsOf({ one: long }));
    const [attachment] = mail.to('a@x').attachments;
    if (attachment === undefined) throw new Error('no attachment');
    expect(attachment).toMatchObject({ filename: 'shop-12.log.gz', contentType: 'application/gzip' });
    expect(gunzipSync(await bufferOf(attachment.open())).toString()).toContain(long);
    const file = attachment.open();
    await new Promise((resolve) => file.once('open', resolve));
    const path = 'path' in file ? String(file.path) : '';
    file.destroy();
    expect(existsSync(path)).toBe(true);
    await mail.dispose();
    expect(existsSync(path)).toBe(false);
  });

  it('cuts a log that no mail can carry, and says so in both places', async () => {
    const mail = await compose(aBuild([aStep('one')]), logsOf({ one: 'x'.repeat(1_000_000) }), {
      limits: { plainBytesMax: 10 ** 9, fileBytesMax: 200_000 },
    });
    const { text, attachments } = mail.to('a@x');
    const [attachment] = attachments;
    if (attachment === undefined) throw new Error('no attachment');
    const attached = await textOf(attachment.open());
    expect(attached.length).toBeLessThan(600_000);
    expect(attached).toMatch(/a mail can carry no more of it\n$/);
    expect(text).toContain('It is cut at');
    await mail.dispose();
  });

  it('says which logs were not complete', async () => {
    const build = aBuild([aStep('one'), aStep('gone', { log: { bytes: 5, lines: 1, crc32: 1, truncated: false } })]);
    const open = await compose(build, logsOf({ one: 'hello\n' }, { sealed: false }));
    expect(open.logComplete).toBe(false);
    expect(open.to('a@x').text).toContain('Not complete when this mail was sent: one, gone.');
    const damaged = await compose(aBuild([aStep('one')]), logsOf({ one: 'hello\n' }, { damaged: true }));
    expect(damaged.logComplete).toBe(false);
    const whole = await compose(aBuild([aStep('one')]), logsOf({ one: 'hello\n' }));
    expect(whole.logComplete).toBe(true);
    await Promise.all([open, damaged, whole].map((mail) => mail.dispose()));
  });

  it('goes without the log when it cannot be had', async () => {
    const mail = await compose(aBuild([aStep('one')]), undefined);
    expect(mail.logComplete).toBe(false);
    expect(mail.to('a@x').attachments).toEqual([]);
    expect(mail.to('a@x').text).toContain('could not be read');
  });

  it('has one message id for each recipient, for ever', async () => {
    const [first, second] = [await compose(aBuild([]), logsOf({})), await compose(aBuild([]), logsOf({}))];
    expect(first.to('a@x').messageId).toBe(second.to('A@X').messageId);
    expect(first.to('a@x').messageId).not.toBe(first.to('b@x').messageId);
    expect(first.to('a@x').messageId).toMatch(/^<build\.b1\.[0-9a-f]{24}@ci\.example>$/);
  });

  it('lets nobody write markup, headers or terminal codes into it', async () => {
    const evil = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>';
    const build = aBuild([aStep('s', { name: evil, outcome: 'failed', reason: { code: 'x', message: evil } })], {
      message: `${evil}\r\nBcc: evil@x`,
      authorName: `\u202e${evil}`,
      ref: 'refs/heads/a\r\nBcc: evil@x\u001b[2J',
    });
    const mail = await compose(build, logsOf({ s: `${evil}\u001b]52;c;ZXZpbA==\u0007\n` }));
    const { html, subject, text } = mail.to('a@x');
    expect(html).not.toMatch(/<script|<img|onerror=alert\(1\)>/);
    expect(html).toContain('&lt;script&gt;');
    expect(subject).toBe('[Shop] Failed: a Bcc: evil@x #12');
    expect(`${html}${text}`).not.toMatch(/[\u001b\u0007\u202e]/);
    await mail.dispose();
  });
});

describe('words', () => {
  it.each([
    [0, '0.0 s'],
    [1_250, '1.3 s'],
    [9_999, '10.0 s'],
    [59_400, '59 s'],
    [60_000, '1 min 0 s'],
    [3_599_000, '59 min 59 s'],
    [7_260_000, '2 h 1 min'],
    [-5, '0.0 s'],
  ])('%d ms are %s', (ms, words) => expect(formatDuration(ms)).toBe(words));
  it.each([
    ['refs/heads/feature/x', 'feature/x'],
    ['refs/tags/v1', 'tag v1'],
    ['refs/pull/7/head', 'refs/pull/7/head'],
    ['main', 'main'],
  ])('%s is %s', (ref, words) => expect(shortRef(ref)).toBe(words));
});
