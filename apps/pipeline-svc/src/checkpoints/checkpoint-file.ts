import { appendFile, mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSignedBy, SignedCheckpoint } from '@cyclone/event-store';
import type { KeyObject } from 'node:crypto';

/** Checkpoints outside the database, a line of JSON each. Lines are only ever added. */
export class CheckpointFile {
  private constructor(
    private readonly path: string,
    private lastPosition: number,
  ) {}

  /** Makes the file where there is none. A last line that was cut off by a crash is taken away: it comes again. */
  static async open(path: string): Promise<CheckpointFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await (await open(path, 'a', 0o600)).close();
    const text = await readFile(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
    return new CheckpointFile(path, lastPositionIn(whole));
  }

  /** One line, its end included; it is on the disk when this resolves. */
  async append(line: string): Promise<void> {
    await appendFile(this.path, line, { flush: true });
    this.lastPosition = Math.max(this.lastPosition, lastPositionIn(line));
  }

  /**
   * Adds what is stored and not in the file: where a process died between the two, or another one made it. Only what
   * the key has signed, so that nobody gets a line in here by way of the database.
   */
  async catchUp(stored: AsyncIterable<unknown>, publicKey: KeyObject): Promise<void> {
    for await (const document of stored) {
      const { success, data } = SignedCheckpoint.safeParse(document);
      if (!success || data.position <= this.lastPosition || !isSignedBy(data, publicKey)) continue;
      await this.append(`${JSON.stringify(data)}\n`);
    }
  }

  isBehind(position: number): boolean {
    return this.lastPosition < position;
  }
}

const lastPositionIn = (lines: string): number => {
  const last = lines.trimEnd().split('\n').at(-1) ?? '';
  try {
    return SignedCheckpoint.parse(JSON.parse(last)).position;
  } catch {
    // Nothing yet, or a line that is no checkpoint any more: `cyclone verify` tells of that.
    return 0;
  }
};
