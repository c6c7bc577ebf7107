/** An installation that can be announced before it is carried out. */
export type Installation =
  | { readonly target: 'folder'; readonly summary: string; readonly run: (folder: string) => Promise<void> }
  | { readonly target: 'system'; readonly summary: string; readonly run: () => Promise<void> };

export interface Impossible {
  /** Why this way is closed on this machine, as the user reads it. */
  readonly impossible: string;
}

export type InstallationPlan = Installation | Impossible;
