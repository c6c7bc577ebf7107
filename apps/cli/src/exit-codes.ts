import type { BuildOutcome } from '@cyclone/contracts';

/** What a script may rely on. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  denied: 4,
  notFound: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** As `cyclone --help` and docs/cli.md tell them. */
export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.ok, 'all is well'],
  [exitCodes.failed, 'the build failed, a check found something, the server refused, or Cyclone itself broke'],
  [exitCodes.usage, 'the command cannot be meant like this'],
  [exitCodes.unreachable, 'nobody answered, or something that is needed is not there'],
  [exitCodes.denied, 'the token is missing, has ended, or may not do this'],
  [exitCodes.notFound, 'there is no such thing, or the token does not cover it'],
];

/** Thrown by a command to end with a message on stderr and this exit code; everything else is a bug and shows its stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

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
