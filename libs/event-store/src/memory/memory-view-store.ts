import type { RebuildableViewStore, Viewed } from '../projection/view-store.js';
import type { WorldViewed, WorldViewStore } from '../projection/world-projection.js';

type Stored<View> = { readonly view: View; readonly version: number };

export class MemoryViewStore<View> implements RebuildableViewStore<View> {
  #views = new Map<string, Stored<View>>();
  #rebuilding: MemoryViewStore<View> | undefined;

  async load(id: string): Promise<Stored<View> | undefined> {
    return this.#views.get(id);
  }

  async save(id: string, from: number, { view, version }: Viewed<View>): Promise<boolean> {
    if ((this.#views.get(id)?.version ?? 0) !== from || view === undefined) return false;
    this.#views.set(id, { view, version });
    return true;
  }

  async *all(): AsyncIterable<Stored<View> & { readonly id: string }> {
    for (const [id, stored] of [...this.#views]) yield { id, ...stored };
  }

  async beginRebuild(): Promise<MemoryViewStore<View> & { swapIn(): Promise<void>; abandon(): Promise<void> }> {
    const fresh = new MemoryViewStore<View>();
    this.#rebuilding = fresh;
    const swapIn = async (): Promise<void> => {
      if (this.#rebuilding !== fresh) throw new Error('another rebuild has taken over');
      this.#views = fresh.#views;
      this.#rebuilding = undefined;
    };
    const abandon = async (): Promise<void> => {
      if (this.#rebuilding === fresh) this.#rebuilding = undefined;
    };
    return Object.assign(fresh, { swapIn, abandon });
  }
}

export class MemoryWorldViewStore<View> implements WorldViewStore<View> {
  readonly #views = new Map<string, WorldViewed<View>>();

  async load(name: string): Promise<WorldViewed<View> | undefined> {
    return this.#views.get(name);
  }

  async save(name: string, from: number, viewed: WorldViewed<View>): Promise<boolean> {
    if ((this.#views.get(name)?.position ?? 0) !== from) return false;
    this.#views.set(name, viewed);
    return true;
  }
}
