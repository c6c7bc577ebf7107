import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

export interface GitCall {
  readonly gitDir: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly deadlineMs: number;
  /** Largest file that it may write, in bytes: a pack that grows past it ends the process. */
  readonly fileBytesMax: number;
}

export interface GitResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

const outputCharactersMax = 1024 * 1024;
const limitUnitBytes = 512;

/** Nothing in a repository, a home or the system may configure what runs here. */
const settings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'credential.helper=',
  'http.followRedirects=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'safe.directory=*',
  'submodule.recurse=false',
  'protocol.version=2',
];

/** Starts git in a process group of its own, under a limit on what it writes. */
export const startGit = (call: Omit<GitCall, 'deadlineMs'>): ChildProcessWithoutNullStreams => {
  const configured = settings.flatMap((setting) => ['-c', setting]);
  const blocks = String(Math.ceil(call.fileBytesMax / limitUnitBytes));
  return spawn(
    '/bin/sh',
    [
      '-c',
      'ulimit -f "$1"; shift; exec git "$@"',
      'git',
      blocks,
      ...configured,
      `--git-dir=${call.gitDir}`,
      ...call.arguments,
    ],
    { cwd: '/', env: { ...call.environment }, detached: true, stdio: ['pipe', 'pipe', 'pipe'] },
  );
};

export const killGroup = (child: ChildProcessWithoutNullStreams): void => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group has just ended by itself.
  }
};

export const runGit = (call: GitCall): Promise<GitResult> =>
  new Promise((resolve, reject) => {
    const child = startGit(call);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, call.deadlineMs);
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.stdin.on('error', () => undefined);
    child.stdin.end();
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ exitCode: code ?? undefined, stdout: stdout(), stderr: stderr(), timedOut });
    });
  });

/** Keeps the beginning: a hostile server may talk without end. */
export const collect = (stream: NodeJS.ReadableStream): (() => string) => {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (part: string | Buffer) => {
    if (text.length < outputCharactersMax) text += part.toString();
  });
  return () => text;
};
