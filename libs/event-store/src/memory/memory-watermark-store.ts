import type { Watermark, WatermarkStore } from '../relay/watermark.js';

export class MemoryWatermarkStore implements WatermarkStore {
  #saved: (Watermark & { readonly epoch: number }) | undefined;

  async load(): Promise<Watermark | undefined> {
    if (this.#saved === undefined) return undefined;
    const { epoch: _, ...watermark } = this.#saved;
    return watermark;
  }

  async save(watermark: Watermark, epoch: number): Promise<boolean> {
    if (this.#saved !== undefined && this.#saved.epoch > epoch) return false;
    this.#saved = { ...watermark, epoch };
    return true;
  }
}
