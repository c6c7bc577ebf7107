import { CommitSha } from '@cyclone/contracts';
import { SourceError } from './source-reader.js';

/** Characters and sequences that git itself refuses in a ref, and a leading `-`, which would be an option. */
const forbiddenInRef = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|[/.]$|\.lock(?:\/|$)/;

/** The full names that a ref may stand for, most likely first; a commit stands for itself. Throws for what is no ref. */
export const refCandidates = (ref: string): readonly string[] => {
  if (ref.length > 500 || forbiddenInRef.test(ref)) {
    throw new SourceError('ref-gone', `${JSON.stringify(ref)} is not the name of a branch, tag or commit`);
  }
  if (ref.startsWith('refs/') || ref === 'HEAD' || CommitSha.safeParse(ref).success) return [ref];
  return [`refs/heads/${ref}`, `refs/tags/${ref}`];
};

export interface CommitDescription {
  readonly message: string;
  readonly authorName: string;
  readonly authorEmail?: string;
  readonly committedAt?: number;
}

const messageCharactersMax = 10_000;

/** What a commit object says of itself. Bytes that are no UTF-8 become replacement characters. */
export const parseCommit = (bytes: Buffer): CommitDescription => {
  const text = bytes.toString('utf8');
  const headEnd = text.indexOf('\n\n');
  const head = headEnd < 0 ? text : text.slice(0, headEnd);
  const message =
    headEnd < 0
      ? ''
      : text
          .slice(headEnd + 2)
          .trimEnd()
          .slice(0, messageCharactersMax);
  const author = /^author (.*?) ?<(.*?)> (\d+)/m.exec(head);
  const committer = /^committer .*> (\d+) /m.exec(head);
  return {
    message,
    authorName: (author?.[1] ?? '').slice(0, 200),
    ...(author?.[2] ? { authorEmail: author[2].slice(0, 320) } : {}),
    ...(committer?.[1] === undefined ? {} : { committedAt: Number(committer[1]) * 1000 }),
  };
};
