import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

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

/** A program of this folder in a process of its own, for faults that only a process can have. It dies with its parent's pipe. */
export const childProgram = (file: string, settings: object): ChildProcess => {
  const program = new URL(file, import.meta.url).pathname;
  const flags = [
    '--no-warnings',
    '--experimental-transform-types',
    '--conditions=@cyclone/source',
    '--import',
    resolveToSource,
  ];
  return spawn(process.execPath, [...flags, program, JSON.stringify(settings)], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { PATH: process.env['PATH'] },
  });
};

/** As a crash would: no warning, no flush. */
export const kill9 = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};
