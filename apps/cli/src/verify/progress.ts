import type { Terminal } from '../output/terminal.js';

const redrawMs = 200;

export interface Progress {
  step(): void;
  /** Leaves the line empty, for something else to be written. */
  clear(): void;
}

/** One line that is written over and over where somebody looks; nothing elsewhere. `total` is an estimate. */
export function createProgress(terminal: Terminal, total: number, now: () => number): Progress {
  if (!terminal.interactive) return { step: () => undefined, clear: () => undefined };
  let done = 0;
  let drawnAt = now();
  const clear = (): void => terminal.write('\r\u001b[K');
  return {
    clear,
    step() {
      done += 1;
      if (now() - drawnAt < redrawMs) return;
      drawnAt = now();
      const share = total === 0 ? 0 : Math.min(99, Math.floor((done / total) * 100));
      clear();
      terminal.write(`checking: ${share} %`);
    },
  };
}
