export interface Viewed<View> {
  readonly view: View | undefined;
  /** Stream version up to which the view is the fold. */
  readonly version: number;
}

/**
 * Views by stream id, each with the version that it was folded up to in the same document.
 *
 * - `save` writes only while the stored version is still `from` (0: there is none); false means that another
 *   projector was there: load and fold again.
 */
export interface ViewStore<View> {
  load(id: string): Promise<{ readonly view: View; readonly version: number } | undefined>;
  save(id: string, from: number, viewed: Viewed<View>): Promise<boolean>;
  /** Every view, in any order: for checks. */
  all(): AsyncIterable<{ readonly id: string; readonly view: View; readonly version: number }>;
}

/** A view store that can be built anew beside the old one while that is being used and written. */
export interface RebuildableViewStore<View> extends ViewStore<View> {
  /** An empty place beside. A second rebuild at the same time takes over: the first one's `swapIn` then throws. */
  beginRebuild(): Promise<ViewStore<View> & { swapIn(): Promise<void>; abandon(): Promise<void> }>;
}
