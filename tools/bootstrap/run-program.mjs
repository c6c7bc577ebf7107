import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** For people, so on standard error: standard output belongs to the target. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs a program in the foreground and resolves with its exit code. Ctrl-C reaches it by the terminal: this
 * process waits until it has cleaned up. A termination is handed on.
 */
export function run(program, args, { environment = {}, timeoutMs, toStderr = false }) {
  return new Promise((resolve, reject) => {
    const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`;
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['inherit', toStderr ? 2 : 'inherit', 'inherit'],
      env: { ...process.env, PATH: path, ...environment },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const wait = () => undefined;
    const forward = () => child.kill('SIGTERM');
    process.on('SIGINT', wait);
    process.on('SIGTERM', forward);
    const done = () => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', forward);
    };
    child.once('error', (cause) => {
      done();
      reject(new Error(`${program} could not be started: ${cause.message}`));
    });
    child.once('close', (exitCode, signal) => {
      done();
      if (signal !== null) say(`${args[0] ?? program} was ended by ${signal}`);
      resolve(exitCode ?? 1);
    });
  });
}
