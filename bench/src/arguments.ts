import { parseArgs } from 'node:util';

export interface BenchArguments {
  /** Ids of measures; undefined: all but those that must be asked for. */
  readonly only: readonly string[] | undefined;
  readonly rounds: number;
  readonly output: 'table' | 'json';
  readonly store: boolean;
  /** Where the platform leaves CPU profiles when it stops. */
  readonly profileDir: string | undefined;
}

export const usage = `Usage: npm run bench -- [options]

  --only w1,w2      these measures only
  --rounds N        how often each work is done (5)
  --output json     the results as JSON on standard output
  --no-store        leave bench/results and docs/benchmarks.md alone
  --profile FOLDER  CPU profiles of the platform go there`;

const roundsMax = 100;

/** A text is what is wrong with the arguments. */
export function readArguments(given: readonly string[], known: readonly string[]): BenchArguments | string {
  try {
    const { values } = parseArgs({
      args: [...given],
      options: {
        only: { type: 'string' },
        rounds: { type: 'string', default: '5' },
        output: { type: 'string', default: 'table' },
        'no-store': { type: 'boolean', default: false },
        profile: { type: 'string' },
      },
    });
    const only = values.only?.split(',').filter((id) => id !== '');
    const strangers = only?.filter((id) => !known.includes(id)) ?? [];
    if (strangers.length > 0) return `--only: there is no ${strangers.join(', ')}; there are ${known.join(', ')}`;
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1 || rounds > roundsMax)
      return `--rounds takes a whole number from 1 to ${roundsMax}`;
    const { output } = values;
    if (output !== 'table' && output !== 'json') return '--output takes table or json';
    return { only, rounds, output, store: !values['no-store'], profileDir: values.profile };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
