import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { scriptCommand, stepScript } from './step-script.js';

const run = (commands: string[], environment: Record<string, string> = {}) => {
  const { entrypoint, command } = scriptCommand(stepScript(commands));
  const [program = '', ...first] = entrypoint;
  const { stdout, stderr, status } = spawnSync(program, [...first, ...command], {
    env: { PATH: '/usr/bin:/bin', ...environment },
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
};

describe('stepScript, in a real shell', () => {
  it('shows each command and runs it in the shell of those before', () => {
    expect(run(['cd /tmp', 'X=1', 'echo "$X $PWD"'])).toEqual({
      stdout: '+ cd /tmp\n+ X=1\n+ echo "$X $PWD"\n1 /tmp\n',
      stderr: '',
      status: 0,
    });
  });

  it.each([
    ['a failing command', 'sh -c "exit 7"', 7],
    ['a list that set -e lets pass', 'false && true', 1],
    ['exit', 'exit 3', 3],
    ['a command that is not there', 'no-such-command-here', 127],
  ])('stops at %s', (_what, command, status) => {
    const result = run(['echo one', command, 'echo never']);
    expect(result.status).toBe(status);
    expect(result.stdout).not.toContain('never\n');
  });

  it('shows no value of a variable, and survives quotes and percent signs', () => {
    const result = run([`echo '100%' "it's"`, 'true "$TOKEN"'], { TOKEN: 'hunter22' });
    expect(result.stdout).toBe(`+ echo '100%' "it's"\n100% it's\n+ true "$TOKEN"\n`);
  });

  it('shows a block of lines without the empty line at its end', () => {
    expect(run(['echo a\necho b\n']).stdout).toBe('+ echo a\necho b\na\nb\n');
  });

  it('runs commands of several lines', () => {
    expect(run(['for i in 1 2; do\n  echo $i\ndone', 'cat <<END\nhi\nEND']).stdout).toContain(
      '1\n2\n+ cat <<END\nhi\nEND\nhi\n',
    );
  });

  it('carries a script that is longer than one argument may be', () => {
    const long = `X='${'ä😀b'.repeat(40_000)}'`;
    const result = run([long, 'echo "${#X} $# $0"']);
    expect(result.status).toBe(0);
    expect(result.stdout.endsWith(' 0 sh\n')).toBe(true);
  });
});
