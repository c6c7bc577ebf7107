import type { Attempt } from './job-input.js';

/** How containers reach a job's files. */
export type WorkspaceHandle =
  | { readonly kind: 'volume'; readonly name: string }
  | { readonly kind: 'directory'; readonly path: string }
  /** For executors without files. */
  | { readonly kind: 'none' };

/**
 * The files that the steps of one job share.
 *
 * `prepare` makes an empty workspace, or answers with the one that is there for this attempt. `find` never makes one.
 * `destroy` may be repeated, and is called when no step runs any more.
 */
export interface Workspace {
  prepare(attempt: Attempt): Promise<WorkspaceHandle>;
  find(attempt: Attempt): Promise<WorkspaceHandle | undefined>;
  destroy(attempt: Attempt): Promise<void>;
}
