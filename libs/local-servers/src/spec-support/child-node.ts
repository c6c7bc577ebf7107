import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const source = new URL('../', import.meta.url).href;

/** Node runs our TypeScript as it stands, apart from import paths, which name the compiled files. */
const resolveToSource = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(specifier, context, next) {
      const ours = context.parentURL?.endsWith('.ts') && specifier.startsWith('.');
      return next(ours ? specifier.replace(/\\.js$/, '.ts') : specifier, context);
    },
  });
`)}`;

/**
 * A Node process of its own that imports modules of this package, for what one process cannot show: locks
 * between processes, and the death of a parent. `script` may use `source`, the address of the src folder.
 */
export function childNode(script: string, environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const code = `const source = ${JSON.stringify(source)};\n${script}`;
  const args = ['--no-warnings', '--import', resolveToSource, '--input-type=module', '--eval', code];
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  });
}

/** The next line that a child prints; rejects when it ends without one. */
export async function nextLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the child has no standard output');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) return line;
  throw new Error('the child ended without a line');
}

export async function outputOf(child: ChildProcess): Promise<string[]> {
  if (child.stdout === null) throw new Error('the child has no standard output');
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const [exitCode] = await once(child, 'close');
  if (exitCode !== 0) throw new Error(`the child ended with exit code ${exitCode}:\n${lines.join('\n')}`);
  return lines;
}
