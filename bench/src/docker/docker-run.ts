import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';

export interface DockerRun {
  /** Milliseconds since 1970 of its first output, where it had any. */
  readonly firstOutputAt: number | undefined;
}

/** One `docker` command, as a person's script would have it. */
export async function docker(...args: readonly string[]): Promise<DockerRun> {
  const child = spawn('docker', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const complaint = collect(child.stderr);
  let firstOutputAt: number | undefined;
  child.stdout.on('data', () => (firstOutputAt ??= Date.now()));
  await endsWell(child, args, complaint);
  return { firstOutputAt };
}

/** The same with its output into a file, nobody reading along. */
export async function dockerInto(path: string, ...args: readonly string[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    const child = spawn('docker', args, { stdio: ['ignore', file.fd, 'pipe'] });
    const { stderr } = child;
    await endsWell(child, args, stderr === null ? () => '' : collect(stderr));
  } finally {
    await file.close();
  }
}

async function endsWell(
  child: ReturnType<typeof spawn>,
  args: readonly string[],
  complaint: () => string,
): Promise<void> {
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${String(code)}: ${complaint()}`);
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.on('data', (data: Buffer) => {
    if (text.length < 4_000) text += data.toString('utf8');
  });
  return () => text.trim();
}
