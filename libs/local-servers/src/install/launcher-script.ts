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

/** Reads such a script back; undefined for anything else. */
export function readLauncherScript(text: string): { program: string; libraryFolders: readonly string[] } | undefined {
  const [, libraries, program] =
    /^LD_LIBRARY_PATH="(\S*?)\$\{LD_LIBRARY_PATH\S* exec "\$here\/([^"]+)"/m.exec(text) ?? [];
  if (!text.startsWith('#!/bin/sh\n') || libraries === undefined || program === undefined) return undefined;
  return { program, libraryFolders: libraries.split(':').map((folder) => folder.replace('$here/', '')) };
}
