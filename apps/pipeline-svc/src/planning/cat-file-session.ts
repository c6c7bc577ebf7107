import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { collect, killGroup, startGit } from './git-process.js';

export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** Thrown when an object is larger than anything that is read here. */
export class ObjectTooLargeError extends Error {
  readonly code = 'object-too-large';
  constructor(bytes: number, bytesMax: number) {
    super(`${bytes} bytes, more than the ${bytesMax} that are read`);
  }
}

/** Thrown when git went away in the middle; `stderr` says why. */
export class CatFileEndedError extends Error {
  readonly code = 'cat-file-ended';
  constructor(readonly stderr: string) {
    super('git ended before it answered');
  }
}

interface Waiting {
  readonly resolve: (object: GitObject | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** One `git cat-file --batch`: a process for all the questions about a commit, asked one after the other. */
export class CatFileSession {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #stderr: () => string;
  readonly #objectBytesMax: number;
  readonly #waiting: Waiting[] = [];
  #received: Buffer = Buffer.alloc(0);
  #ended: Error | undefined;

  constructor(call: Parameters<typeof startGit>[0], objectBytesMax: number) {
    this.#objectBytesMax = objectBytesMax;
    this.#child = startGit({ ...call, arguments: ['cat-file', '--batch'] });
    this.#stderr = collect(this.#child.stderr);
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.on('data', (part: Buffer) => this.#take(part));
    this.#child.once('error', (error) => this.#fail(error));
    this.#child.once('close', () => this.#fail(new CatFileEndedError(this.#stderr())));
  }

  /** The object of this name, or undefined when the repository has none. A name holds no line break. */
  read(name: string): Promise<GitObject | undefined> {
    if (/[\r\n\0]/.test(name)) return Promise.resolve(undefined);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${name}\n`);
    });
  }

  stop(): void {
    this.#child.stdin.end();
    killGroup(this.#child);
  }

  #take(part: Buffer): void {
    this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part]);
    while (this.#waiting.length > 0 && this.#answerFirst());
  }

  /** Whether an answer was complete. */
  #answerFirst(): boolean {
    const lineEnd = this.#received.indexOf(0x0a);
    if (lineEnd < 0) return false;
    const [id, type, size] = this.#received.subarray(0, lineEnd).toString('utf8').split(' ').slice(-3);
    if (size === undefined || !/^\d+$/.test(size) || id === undefined || type === undefined) {
      this.#received = this.#received.subarray(lineEnd + 1);
      this.#waiting.shift()?.resolve(undefined);
      return true;
    }
    const length = Number(size);
    if (length > this.#objectBytesMax) {
      this.#fail(new ObjectTooLargeError(length, this.#objectBytesMax));
      this.stop();
      return false;
    }
    const begin = lineEnd + 1;
    if (this.#received.length < begin + length + 1) return false;
    const bytes = Buffer.from(this.#received.subarray(begin, begin + length));
    this.#received = this.#received.subarray(begin + length + 1);
    this.#waiting.shift()?.resolve({ id, type, bytes });
    return true;
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
  }
}
