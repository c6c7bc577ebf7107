import { describe, expect, test } from '@jest/globals';
import { parseLdd } from '../images/program-files.js';
import { splitReference } from '../images/make-image.js';
import { parseSimulation } from './debian-packages.js';
import { findChecksum } from './download.js';
import { launcherScript, readLauncherScript } from './launcher-script.js';

describe('what other programs print', () => {
  test('the line of the very file is taken from a list of checksums', () => {
    const [ours, others] = ['a'.repeat(64), 'b'.repeat(64)];
    const text = `${others}  x-linux-arm64.tar.gz\n${ours} *dist/x-linux-amd64.tar.gz\n`;
    expect(findChecksum(text, 'x-linux-amd64.tar.gz')).toBe(ours);
    expect(findChecksum(text, 'linux-amd64.tar.gz')).toBeUndefined();
    expect(findChecksum('<html>moved</html>', 'x')).toBeUndefined();
  });

  test('apt would install the packages of its Inst lines', () => {
    const output =
      'Inst libjemalloc2 (5.3.0-1 Debian)\nInst redis-server [7.0] (7.1 Debian)\nConf redis-server (7.1)\n';
    expect(parseSimulation(output)).toEqual(['libjemalloc2', 'redis-server']);
  });

  test('a launcher script tells what it starts, and with which libraries', () => {
    const script = { program: 'root/usr/bin/x', libraryFolders: ['root/lib/a', 'root/usr/lib'] };
    expect(readLauncherScript(launcherScript(script.program, script.libraryFolders))).toEqual(script);
    expect(readLauncherScript('#!/bin/sh\nexec "$here/x" "$@"\n')).toBeUndefined();
    expect(readLauncherScript('\x7fELF')).toBeUndefined();
  });

  test('ldd names libraries and the loader, but not the kernel', () => {
    const output = [
      '\tlinux-vdso.so.1 (0x00007efe6424d000)',
      '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007efe63d1e000)',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007efe6424f000)',
    ].join('\n');
    expect(parseLdd(output)).toEqual(['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2']);
    expect(parseLdd('\tnot a dynamic executable')).toEqual([]);
    expect(() => parseLdd('\tlibssl.so.1.1 => not found')).toThrow('libssl.so.1.1');
  });

  test.each([
    ['cyclone/git:local', ['cyclone/git', 'local']],
    ['127.0.0.1:5000/app', ['127.0.0.1:5000/app', 'latest']],
    ['127.0.0.1:5000/app:1', ['127.0.0.1:5000/app', '1']],
  ])('the tag of %s', (reference, parts) => {
    expect(splitReference(reference)).toEqual(parts);
  });
});
