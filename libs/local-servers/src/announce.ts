/** Takes one line for the person who waits. Everything that is installed is said here before it happens. */
export type Announce = (line: string) => void;

/** Standard error, so that a command's own output stays clean for pipes. */
export const announceOnStderr: Announce = (line) => {
  process.stderr.write(`${line}\n`);
};
