import { z } from 'zod';

/**
 * What a scripted step does, from its environment. Everything is optional:
 *
 * | variable | meaning |
 * | --- | --- |
 * | `SCRIPT_OUTPUT`, `SCRIPT_STDERR` | written as it stands |
 * | `SCRIPT_LINES`, `SCRIPT_LINE_BYTES` | that many numbered lines of that length (newline included, 100 by default) |
 * | `SCRIPT_DELAY_MS` | how long it runs after its output |
 * | `SCRIPT_EXIT_CODE` | 0 by default |
 * | `SCRIPT_OOM` | `true`: killed for its memory, code 137 and reason `oom` |
 * | `SCRIPT_START_FAILURE` | does not start; the value is the message |
 * | `SCRIPT_HANG` | `true`: runs until it is stopped |
 * | `SCRIPT_IGNORE_SIGTERM` | `true`: only a kill ends it |
 * | `SCRIPT_NOT_READY` | `true`: a service that never becomes ready |
 */
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true');
const count = z.coerce.number().int().nonnegative();

export const StepScript = z.object({
  SCRIPT_OUTPUT: z.string().default(''),
  SCRIPT_STDERR: z.string().default(''),
  SCRIPT_LINES: count.default(0),
  SCRIPT_LINE_BYTES: count.min(2).default(100),
  SCRIPT_DELAY_MS: count.default(0),
  SCRIPT_EXIT_CODE: count.max(255).default(0),
  SCRIPT_OOM: flag,
  SCRIPT_START_FAILURE: z.string().optional(),
  SCRIPT_HANG: flag,
  SCRIPT_IGNORE_SIGTERM: flag,
  SCRIPT_NOT_READY: flag,
});
export type StepScript = z.infer<typeof StepScript>;
