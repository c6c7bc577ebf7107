import { mkdir, open, readdir, readFile, rm, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { HeldJob } from '@cyclone/contracts';
import { JournalRecord } from './journal-record.js';

const journalFile = 'journal.ndjson';
const ownerOnly = 0o600;

/** Records after which a lost one would let a step run twice, or an end go unheard of: on the disk before anything goes on. */
const mustLast = (record: JournalRecord): boolean =>
  record.type === 'claimed' || (record.type === 'report' && record.report.kind !== 'step-started');

export const attemptFolder = (dataDir: string, held: HeldJob): string =>
  join(dataDir, 'attempts', `${held.buildId}.${held.jobId}.${held.fence}`);

/** The append-only file of one attempt. */
export class AttemptJournal {
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    readonly folder: string,
    private readonly file: FileHandle,
  ) {}

  static async create(dataDir: string, held: HeldJob): Promise<AttemptJournal> {
    const folder = attemptFolder(dataDir, held);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new AttemptJournal(folder, await open(join(folder, journalFile), 'a', ownerOnly));
  }

  /** A journal that is there, with what it holds. A last line that was cut off by a crash is dropped. */
  static async reopen(folder: string): Promise<{ journal: AttemptJournal; records: JournalRecord[] }> {
    const path = join(folder, journalFile);
    const bytes = await readFile(path);
    const whole = bytes.lastIndexOf(10) + 1;
    if (whole < bytes.length) await truncate(path, whole);
    const lines = bytes
      .subarray(0, whole)
      .toString()
      .split('\n')
      .filter((line) => line !== '');
    const records = lines.map((line) => JournalRecord.parse(JSON.parse(line)));
    return { journal: new AttemptJournal(folder, await open(path, 'a', ownerOnly)), records };
  }

  static async folders(dataDir: string): Promise<string[]> {
    const root = join(dataDir, 'attempts');
    await mkdir(root, { recursive: true, mode: 0o700 });
    return (await readdir(root)).map((name) => join(root, name));
  }

  /** Resolves when the record is written, and on the disk where that matters. */
  append(record: JournalRecord): Promise<void> {
    this.writing = this.writing.then(async () => {
      await this.file.appendFile(`${JSON.stringify(record)}\n`);
      if (mustLast(record)) await this.file.datasync();
    });
    return this.writing;
  }

  async close(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.file.close();
  }

  /** The attempt is over for everybody. */
  async remove(): Promise<void> {
    await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
