/**
 * A script that starts a program of its own folder with libraries of its own folder. It replaces itself
 * by the program, so the process id that the caller sees is the program's.
 */
export function launcherScript(program: string, libraryFolders: readonly string[]): string {
  const libraries = libraryFolders.map((folder) => `$here/${folder}`).join(':');
  return [
    '#!/bin/sh',
    'here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)',
    `LD_LIBRARY_PATH="${libraries}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/${program}" "$@"`,
    '',
  ].join('\n');
}
