export { exitCodeMeanings } from './exit-codes.js';
export { createProgram } from './program.js';
export type { CommandContext } from './commands/command-context.js';
