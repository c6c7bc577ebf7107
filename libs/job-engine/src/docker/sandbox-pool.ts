/** What makes two jobs alike enough to use one network namespace after the other. */
export interface PoolTag {
  readonly projectId: string;
  readonly trust: 'trusted' | 'untrusted';
}

interface PooledSandbox {
  readonly container: string;
  /** Unset for one that nobody has used. */
  readonly tag?: PoolTag;
}

export interface PoolPorts {
  make(): Promise<string>;
  remove(container: string): Promise<void>;
  /** Called when filling fails; jobs then make their own. */
  failed(error: unknown): void;
}

/**
 * Ready network namespaces, made in the background, so that a short job need not wait for one. A used one goes only to the
 * same project and trust again.
 */
export class SandboxPool {
  private ready: PooledSandbox[] = [];
  private filling: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly size: number,
    private readonly ports: PoolPorts,
  ) {}

  take(tag: PoolTag): string | undefined {
    const alike = this.ready.findIndex(
      (sandbox) => sandbox.tag?.projectId === tag.projectId && sandbox.tag.trust === tag.trust,
    );
    const at = alike === -1 ? this.ready.findIndex((sandbox) => sandbox.tag === undefined) : alike;
    const [taken] = at === -1 ? [] : this.ready.splice(at, 1);
    this.fill();
    return taken?.container;
  }

  async giveBack(container: string, tag: PoolTag): Promise<void> {
    if (this.closed || this.size === 0) return this.ports.remove(container);
    this.ready.push({ container, tag });
    // One place stays for the newest; the oldest used ones make room, so that fresh ones for other projects fit.
    const surplus = this.ready.length - this.size;
    const used = this.ready.filter((sandbox) => sandbox.tag !== undefined).slice(0, Math.max(0, surplus));
    this.ready = this.ready.filter((sandbox) => !used.includes(sandbox));
    await Promise.all(used.map((sandbox) => this.ports.remove(sandbox.container)));
  }

  /** Starts filling up, at most one container at a time. */
  fill(): void {
    if (this.filling !== undefined || this.closed) return;
    this.filling = this.fillUp().finally(() => {
      this.filling = undefined;
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.filling;
    const left = this.ready.splice(0);
    await Promise.all(left.map((sandbox) => this.ports.remove(sandbox.container)));
  }

  private async fillUp(): Promise<void> {
    try {
      while (!this.closed && this.ready.length < this.size) this.ready.push({ container: await this.ports.make() });
    } catch (error) {
      this.ports.failed(error);
    }
  }
}
