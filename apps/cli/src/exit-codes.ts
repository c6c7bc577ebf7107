import type { BuildOutcome } from '@cyclone/contracts';

/** What a script may rely on. `cyclone --help` prints the same list. */
export const exitCodes = {
  ok: 0,
  /** The build failed, a check found something, a file has errors. */
  failed: 1,
  usage: 2,
  /** Nobody answered, or not in time. */
  unreachable: 3,
  /** The token is missing, expired, or may not do this. */
  denied: 4,
  notFound: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Thrown by a command to end with a message on stderr and this exit code; everything else is a bug and shows its stack. */
export class CommandFailure extends Error {
  constructor(
    message: string,
    readonly exitCode: ExitCode,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** 0 for a success, 1 for any other end. */
export const exitCodeOf = (outcome: BuildOutcome): ExitCode =>
  outcome === 'succeeded' ? exitCodes.ok : exitCodes.failed;
