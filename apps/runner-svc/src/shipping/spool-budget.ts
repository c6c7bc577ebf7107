/** How many bytes of log may wait on this runner's disk, over all jobs. Above it whoever writes waits. */
export class SpoolBudget {
  private used = 0;
  private waiting: (() => void)[] = [];

  constructor(private readonly bytesMax: number) {}

  take(bytes: number): void {
    this.used += bytes;
  }

  give(bytes: number): void {
    this.used -= bytes;
    if (this.used < this.bytesMax) for (const resolve of this.waiting.splice(0)) resolve();
  }

  async room(): Promise<void> {
    if (this.used < this.bytesMax) return;
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}
