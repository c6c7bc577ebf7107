import type { CommitSha, EpochMs } from '@cyclone/contracts';

export interface SourceRequest {
  readonly url: string;
  /** Branch, tag, full ref or commit. */
  readonly ref: string;
  /** Known when a change told of it; otherwise what `ref` points to now. */
  readonly sha?: CommitSha | undefined;
  /** Takes the pipeline file from the tip of this ref instead: outsiders do not choose what runs. */
  readonly fileRef?: string | undefined;
  /** The first of these that exists is read. */
  readonly paths: readonly string[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface SourceSnapshot {
  readonly sha: CommitSha;
  /** Full name where the repository knows it, for example `refs/heads/main`. */
  readonly ref: string;
  readonly commit: {
    readonly message: string;
    readonly authorName: string;
    readonly authorEmail?: string;
    readonly committedAt?: EpochMs;
  };
  readonly file?: { readonly path: string; readonly bytes: Uint8Array };
}

export type SourceFault =
  | 'url-refused'
  | 'host-unreachable'
  | 'authentication-failed'
  | 'repository-not-found'
  | 'ref-gone'
  | 'file-too-large'
  | 'fetch-timed-out'
  | 'fetch-failed';

/** Thrown when a commit could not be read. `retriable`: the same may work in a moment. */
export class SourceError extends Error {
  readonly retriable: boolean;
  constructor(
    readonly code: SourceFault,
    message: string,
  ) {
    super(message);
    this.retriable = code === 'host-unreachable' || code === 'fetch-timed-out';
  }
}

/**
 * Reads one commit's description and one file of it, and nothing else of a repository. Safe to repeat, safe to call at
 * once for the same repository; leaves nothing behind. The repository is hostile: nothing in it is run, its size and
 * the time are bounded. Throws {@link SourceError}.
 */
export interface SourceReader {
  read(request: SourceRequest): Promise<SourceSnapshot>;
}

/** Where a URL may be read from: decided before anything is fetched. */
export type SourceVerdict =
  | { readonly kind: 'folder'; readonly path: string }
  /** `pin`: connect to these addresses only, whatever the name says a moment later. */
  | {
      readonly kind: 'remote';
      readonly url: string;
      readonly pin?: { readonly host: string; readonly port: number; readonly addresses: readonly string[] };
    }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unresolved'; readonly message: string };

export type JudgeSource = (url: string) => Promise<SourceVerdict>;
