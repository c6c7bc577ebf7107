import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly environment?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;

/** Runs a program without a shell; a program that cannot be started is a result too (exit code null). */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
      cwd: options.cwd,
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < OUTPUT_BYTES_MAX) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < OUTPUT_BYTES_MAX) stderr += text;
    });
    child.once('error', (error) => resolve({ exitCode: null, stdout, stderr: error.message }));
    child.once('close', (exitCode, signal) => {
      const ending = signal === null ? '' : `\nended by ${signal}`;
      resolve({ exitCode, stdout, stderr: stderr + ending });
    });
  });
}

/** For commands whose failure ends the undertaking: throws with what the program said last. */
export async function runOrThrow(program: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const result = await runCommand(program, args, options);
  if (result.exitCode === 0) return result.stdout;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-5).join('\n');
  throw new Error(`${[program, ...args].join(' ')} failed (exit code ${result.exitCode}): ${said}`);
}
