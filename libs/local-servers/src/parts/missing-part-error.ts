import type { Machine, Part, PartName } from './part.js';

/** A part is not here and cannot or may not be installed; says which, why, and the command that gets it. */
export class MissingPartError extends Error {
  readonly code = 'part-missing';
  readonly part: PartName;
  readonly remedy: string;

  constructor(part: Part, machine: Machine, reasons: readonly string[]) {
    const remedy = remedyFor(part, machine);
    const why = reasons.map((reason) => `\n  - ${reason}`).join('');
    super(`${part.name} is missing (${part.purpose}).${why}\n  Get it with: ${remedy}`);
    this.name = 'MissingPartError';
    this.part = part.name;
    this.remedy = remedy;
  }
}

export function remedyFor(part: Part, machine: Machine): string {
  return machine.platform === 'darwin' ? part.remedy.darwin : part.remedy.linux;
}
