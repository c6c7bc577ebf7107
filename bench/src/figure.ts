import { z } from 'zod';
import { spreadOf } from './statistics.js';

const Unit = z.enum(['s', 'ms', 'MiB', '/s', '']);
export type Unit = z.infer<typeof Unit>;

const SpreadSchema = z.object({
  count: z.number(),
  min: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  max: z.number(),
});

const Aim = z.object({ of: z.enum(['value', 'ratio']), atMost: z.number() });
export type Aim = z.infer<typeof Aim>;

/** One measured number, where it can be beside what the machine itself takes for the same: its floor. */
export const Figure = z.object({
  name: z.string(),
  unit: Unit,
  value: z.number(),
  spread: SpreadSchema.optional(),
  floor: z.object({ name: z.string(), value: z.number(), spread: SpreadSchema.optional() }).optional(),
  /** Value by floor. */
  ratio: z.number().optional(),
  aim: Aim.optional(),
  isReached: z.boolean().optional(),
});
export type Figure = z.infer<typeof Figure>;

interface Floor {
  readonly name: string;
  readonly samples: readonly number[];
}

/** The median of the samples, by the median of the floor's. */
export function figureOf(
  name: string,
  unit: Unit,
  samples: readonly number[],
  beside: { readonly floor?: Floor; readonly aim?: Aim } = {},
): Figure {
  const spread = spreadOf(samples);
  const figure = { name, unit, value: spread.p50, ...(samples.length > 1 ? { spread } : {}) };
  return withFloor(figure, beside);
}

/** A figure of its own right: a percentile, a count. */
export function figure(
  name: string,
  unit: Unit,
  value: number,
  beside: { readonly floor?: Floor; readonly aim?: Aim } = {},
): Figure {
  return withFloor({ name, unit, value }, beside);
}

function withFloor(
  plain: Figure,
  { floor, aim }: { readonly floor?: Floor | undefined; readonly aim?: Aim | undefined },
): Figure {
  const floorSpread = floor === undefined ? undefined : spreadOf(floor.samples);
  const ratio = floorSpread === undefined ? undefined : plain.value / floorSpread.p50;
  const judged = aim?.of === 'ratio' ? ratio : plain.value;
  return {
    ...plain,
    ...(floor === undefined || floorSpread === undefined
      ? {}
      : { floor: { name: floor.name, value: floorSpread.p50, spread: floorSpread }, ratio }),
    ...(aim === undefined || judged === undefined ? {} : { aim, isReached: judged <= aim.atMost }),
  };
}
