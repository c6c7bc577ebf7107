export type OutputStream = 'stdout' | 'stderr';

/** Where what a program writes goes. */
export interface OutputSink {
  /**
   * Takes bytes over, in the order of the calls; the buffer is not touched afterwards. A promise means that the sink is full:
   * read nothing more from the program before it resolves.
   */
  write(stream: OutputStream, bytes: Buffer): Promise<void> | undefined;
  /** A line of the engine's own, beside the program's output. Never counted in raw offsets. */
  note(line: string): void;
}

/** How many bytes of each stream of a program have been dealt with. The order between the two cannot be had back. */
export interface RawOffsets {
  readonly stdout: number;
  readonly stderr: number;
}

export const rawStart: RawOffsets = { stdout: 0, stderr: 0 };
