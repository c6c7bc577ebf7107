const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Turns a step's commands into one shell script: each is shown as `+ command` as it stands in the file (variables
 * unexpanded, so no value is given away), runs in the same shell as those before it, and the first that fails ends the
 * step with its code; also one like `false && true`, which `set -e` alone lets pass.
 */
export const stepScript = (commands: readonly string[]): string =>
  [
    'set -e',
    ...commands.flatMap((command) => [
      `printf '+ %s\\n' ${quote(command.trimEnd())}`,
      command,
      'cyclone_code=$?; [ "$cyclone_code" -eq 0 ] || exit "$cyclone_code"',
    ]),
  ].join('\n');

/** Linux takes at most 128 KiB in one argument. */
const argumentBytesMax = 96 * 1024;

/**
 * How a script reaches a container: as arguments of its shell. Nothing is copied into the container, so no archive is
 * unpacked by the engine and no program but `sh` is needed. A long one travels in several arguments.
 */
export const scriptCommand = (script: string): { readonly entrypoint: string[]; readonly command: string[] } => {
  if (Buffer.byteLength(script) <= argumentBytesMax) return { entrypoint: ['/bin/sh', '-c'], command: [script] };
  const parts: string[] = [];
  // A character is at most four bytes in UTF-8 for two units here, so this many units always fit.
  for (let at = 0; at < script.length;) {
    let end = Math.min(script.length, at + Math.floor(argumentBytesMax / 3));
    const last = script.charCodeAt(end - 1);
    if (last >= 0xd800 && last <= 0xdbff) end -= 1;
    parts.push(script.slice(at, end));
    at = end;
  }
  return {
    entrypoint: ['/bin/sh', '-c'],
    command: [
      `cyclone_ifs=$IFS; IFS=; cyclone_script="$*"; IFS=$cyclone_ifs; set --; eval "$cyclone_script"`,
      'sh',
      ...parts,
    ],
  };
};
