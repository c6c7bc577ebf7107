/** How far the relay has published, and into which life of the broker's stream. */
export interface Watermark {
  /** Everything up to this position is published. */
  readonly position: number;
  readonly streamCreatedAt: number;
  readonly streamSequence: number;
}

export interface WatermarkStore {
  load(): Promise<Watermark | undefined>;
  /** False when a relay of a later epoch has written: this one is no longer in charge. */
  save(watermark: Watermark, epoch: number): Promise<boolean>;
}
