import { appendFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BuildId, JobId, ProjectId, RunnerId, StepId } from '@cyclone/contracts';
import { logStart } from '@cyclone/job-engine';
import { temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { anAssignment } from '../testing/control-plane.js';
import { readHistory } from './attempt-history.js';
import { attemptFolder, AttemptJournal } from './attempt-journal.js';
import { StoredAssignment, type StoredReport } from './journal-record.js';
import { LogSpool } from './log-spool.js';

const held = { buildId: BuildId.parse('b1'), jobId: JobId.parse('main'), attempt: 1, fence: 3 };
const stepId = StepId.parse('a');
const common = (number: number) => ({
  ...held,
  reportId: `r-${number}`,
  projectId: ProjectId.parse('shop'),
  runnerId: RunnerId.parse('r1'),
  at: 1,
});
const started: StoredReport = { ...common(1), kind: 'step-started', stepId, startedAt: 5 };
const ended: StoredReport = { ...common(2), kind: 'step-ended', stepId, outcome: 'failed', ignored: true, endedAt: 6 };

describe('what a runner keeps on its disk', () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder('journal');
  });
  afterEach(() => folder.dispose());

  const written = async (): Promise<AttemptJournal> => {
    const journal = await AttemptJournal.create(folder.path, held);
    await journal.append({
      type: 'claimed',
      held,
      assignment: StoredAssignment.parse(
        anAssignment([
          {
            id: 'x',
            kind: 'clone',
            name: 'x',
            stage: 'build',
            needs: [],
            runWhen: 'success',
            onFailure: 'fail',
            timeoutMs: 1,
            environment: {},
          },
        ]),
      ),
    });
    await journal.append({ type: 'report', report: started });
    return journal;
  };

  it('tells a restarted runner what is open, what has ended, and what nobody confirmed', async () => {
    const journal = await written();
    await journal.append({ type: 'token', token: 'second', expiresAt: 9 });
    await journal.append({ type: 'confirmed', reportIds: ['r-1'] });
    await journal.close();
    const first = await AttemptJournal.reopen(attemptFolder(folder.path, held));
    expect(readHistory(first.records)).toMatchObject({
      token: 'second',
      unconfirmed: [],
      jobEnded: false,
      started: new Map([['a', { startedAt: 5 }]]),
    });
    await first.journal.append({ type: 'report', report: ended });
    await first.journal.close();
    const second = await AttemptJournal.reopen(attemptFolder(folder.path, held));
    expect(readHistory(second.records)).toMatchObject({
      unconfirmed: [ended],
      started: new Map(),
      ended: new Map([['a', { outcome: 'failed', ignored: true }]]),
    });
    await second.journal.remove();
    expect(await AttemptJournal.folders(folder.path)).toEqual([]);
  });

  it('drops a line that a crash cut off, and goes on after the last whole one', async () => {
    await (await written()).close();
    const path = attemptFolder(folder.path, held);
    await appendFile(join(path, 'journal.ndjson'), '{"type":"report","rep');
    const { journal, records } = await AttemptJournal.reopen(path);
    expect(records.map(({ type }) => type)).toEqual(['claimed', 'report']);
    await journal.append({ type: 'report', report: ended });
    await journal.close();
    const again = await AttemptJournal.reopen(path);
    expect(again.records).toHaveLength(3);
    await again.journal.close();
  });

  it('knows nothing of an attempt whose first line was cut off', () => {
    expect(readHistory([])).toBeUndefined();
  });

  it.each([0, 1, 5, 12])('drops a log message that a crash cut by %d bytes, and keeps those before', async (cut) => {
    const first = await LogSpool.open(folder.path, stepId);
    const chunk = (seq: number) => ({
      kind: 'chunk' as const,
      seq,
      offset: seq * 4,
      at: 1,
      position: { ...logStart, nextSeq: seq + 1 },
    });
    await first.spool.append(chunk(0), Buffer.from('one\n'));
    const last = await first.spool.append(chunk(1), Buffer.from('two\n'));
    await first.spool.close();
    await truncate(join(folder.path, 'logs', 'a.log'), last.dataAt + last.dataBytes - cut);
    const { spool, entries } = await LogSpool.open(folder.path, stepId);
    expect(entries.map(({ header }) => header.seq)).toEqual(cut === 0 ? [0, 1] : [0]);
    const [entry] = entries;
    expect(entry === undefined ? '' : (await spool.read(entry)).toString()).toBe('one\n');
    const next = await spool.append(chunk(entries.length), Buffer.from('new\n'));
    expect((await spool.read(next)).toString()).toBe('new\n');
    await spool.close();
    expect(await LogSpool.steps(folder.path)).toEqual(['a']);
  });
});
