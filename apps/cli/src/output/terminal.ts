export interface Terminal {
  readonly colours: boolean;
  /** True where a line may be rewritten. */
  readonly interactive: boolean;
  readonly columns: number;
  write(text: string): void;
  line(text?: string): void;
}

/** Colours only where somebody looks, and never where NO_COLOR says so. */
export function openTerminal(
  stream: NodeJS.WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  const interactive = stream.isTTY === true;
  return {
    interactive,
    colours: interactive && environment['NO_COLOR'] === undefined && environment['TERM'] !== 'dumb',
    columns: stream.columns ?? 100,
    write: (text) => void stream.write(text),
    line: (text = '') => void stream.write(`${text}\n`),
  };
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Style = keyof typeof codes;

export function paint(terminal: Pick<Terminal, 'colours'>, style: Style, text: string): string {
  return terminal.colours ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}

/** `340 ms`, `4.2 s`, `3 min 07 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${String(Math.floor((ms % 60_000) / 1_000)).padStart(2, '0')} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KiB`;
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
