import { describe, expect, it } from '@jest/globals';
import { CommanderError } from 'commander';
import { runCommand } from '../testing/fake-context.js';
import { defaultDataDir } from './up.js';

describe('cyclone up', () => {
  it.each([
    [['--port', '0'], '1 to 65535'],
    [['--port', '65536'], '1 to 65535'],
    [['--port', '80a'], '1 to 65535'],
    [['--slots', '1.5'], '1 to 1000'],
    [['--slots', ''], '1 to 1000'],
    [['--executor', 'vm'], 'docker, scripted'],
    [['--log-level', 'loud'], 'debug, info, warn'],
    [['--smpt', 'smtp://mail'], '--smtp'],
  ])('refuses %j before anything is started, and says what is possible', async (args, words) => {
    const { error, notes, out } = await runCommand(['up', ...args]);
    expect(error).toBeInstanceOf(CommanderError);
    expect(notes).toContain(words);
    expect(notes).not.toContain('starting');
    expect(out).toBe('');
  });

  it('keeps its data where the environment says, and else in the state folder', () => {
    expect(defaultDataDir({ CYCLONE_STATE_DIR: '/a' })).toBe('/a/data');
    expect(defaultDataDir({ XDG_STATE_HOME: '/b' })).toBe('/b/cyclone/data');
    expect(defaultDataDir({})).toMatch(/\/\.local\/state\/cyclone\/data$/);
  });
});
