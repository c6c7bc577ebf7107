import { z } from 'zod';

/** RFC 9457, as `application/problem+json`. `code` is stable for programs; `detail` is for people and may change. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  /** The request's id, as in the logs. */
  instance: z.string().optional(),
  /** What is wrong with the input, each with its place: `body.repository.url`. */
  problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;
