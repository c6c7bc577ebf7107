import type { Digest, FileProblem, Plan } from '@cyclone/contracts';

/** What is known of a build before its file is read. Conditions are decided from this and nothing else. */
export interface CompileContext {
  readonly event: 'push' | 'tag' | 'pull_request' | 'manual';
  /** Full name of what is built: `refs/heads/main`. */
  readonly ref: string;
  readonly branch?: string;
  readonly tag?: string;
  /** Where a pull request wants to go. */
  readonly baseBranch?: string;
  readonly sha: string;
  /** Name of the build, and the tag of its image where the file names none. */
  readonly versionName: string;
  readonly projectId: string;
  /** Where images go when the file names no registry. */
  readonly imageRepository?: string;
  /** Outsiders' code gets no secrets and publishes nothing. */
  readonly trust: 'trusted' | 'untrusted';
  /** The project's ceiling for a whole build. */
  readonly timeoutMs: number;
}

export interface CompileInput {
  readonly path: string;
  /** SHA-256 of `text`, computed by the caller. */
  readonly digest: Digest;
  readonly text: Uint8Array;
  readonly context: CompileContext;
}

/** Something of the file that does not run this time, and why; so that it can be said aloud. */
export interface SkippedPart {
  readonly step: string;
  readonly reason: string;
}

export interface Compiled {
  readonly ok: true;
  readonly plan: Plan;
  readonly warnings: FileProblem[];
  readonly skipped: SkippedPart[];
}

export interface NotCompiled {
  readonly ok: false;
  /** Warnings among them, where there are errors as well. */
  readonly problems: FileProblem[];
  /** True when the file is right, but its conditions leave nothing to run for this event. */
  readonly nothingToRun: boolean;
  readonly skipped: SkippedPart[];
}

export type CompileResult = Compiled | NotCompiled;

export function describeEvent(context: CompileContext): string {
  switch (context.event) {
    case 'push':
      return context.branch === undefined ? 'a push' : `a push to ${context.branch}`;
    case 'tag':
      return context.tag === undefined ? 'a tag' : `the tag ${context.tag}`;
    case 'pull_request':
      return context.baseBranch === undefined ? 'a pull request' : `a pull request to ${context.baseBranch}`;
    case 'manual':
      return context.branch === undefined ? 'a build by hand' : `a build by hand of ${context.branch}`;
  }
}
