import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommitSha } from '@cyclone/contracts';

/** A bare repository on disk, made with the machine's git. */
export class TestRepository {
  readonly path: string;
  readonly #work: string;

  constructor(folder: string) {
    this.path = join(folder, 'shop.git');
    this.#work = join(folder, 'work');
    mkdirSync(this.#work);
    this.#git('init', '--quiet', '--initial-branch=main', '.');
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', this.path]);
  }

  commit(files: Readonly<Record<string, string>>, message = 'Add a shelf'): CommitSha {
    for (const [path, text] of Object.entries(files)) writeFileSync(join(this.#work, path), text);
    this.#git('add', '--all');
    this.#git(
      '-c',
      'user.name=Ada',
      '-c',
      'user.email=ada@example.com',
      'commit',
      '--quiet',
      '--allow-empty',
      '-m',
      message,
    );
    this.#git('push', '--quiet', this.path, 'HEAD:refs/heads/main');
    return CommitSha.parse(this.#git('rev-parse', 'HEAD').trim());
  }

  /** On another ref, and not on the branch. */
  commitAside(files: Readonly<Record<string, string>>, ref: string): CommitSha {
    const tip = this.#git('rev-parse', 'HEAD').trim();
    for (const [path, text] of Object.entries(files)) writeFileSync(join(this.#work, path), text);
    this.#git('add', '--all');
    this.#git('-c', 'user.name=Eve', '-c', 'user.email=eve@example.com', 'commit', '--quiet', '-m', 'A gift');
    this.#git('push', '--quiet', this.path, `HEAD:${ref}`);
    const sha = CommitSha.parse(this.#git('rev-parse', 'HEAD').trim());
    this.#git('reset', '--quiet', '--hard', tip);
    return sha;
  }

  #git(...words: string[]): string {
    return execFileSync('git', words, { cwd: this.#work, encoding: 'utf8' });
  }
}
