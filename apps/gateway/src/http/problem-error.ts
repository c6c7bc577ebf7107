import type { Problem } from '@cyclone/contracts';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Too slow',
  409: 'Conflict',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Unsupported media type',
  416: 'Range not satisfiable',
  422: 'Not valid',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
};

/** An answer that is not the wished-for one: thrown anywhere, written in one place. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(
    status: number,
    readonly code: string,
    detail: string,
    readonly extra: {
      readonly headers?: Readonly<Record<string, string>>;
      readonly problems?: Problem['problems'];
      readonly cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: extra.cause });
    this.problem = {
      type: 'about:blank',
      title: titles[status] ?? 'Problem',
      status,
      code,
      detail,
      problems: extra.problems,
    };
  }
}

/** One answer for what is not there and for what is somebody else's. */
export const notFound = (what: string): ProblemError => new ProblemError(404, 'not-found', `there is no such ${what}`);

export const unavailable = (detail: string, cause: unknown): ProblemError =>
  new ProblemError(503, 'unavailable', detail, { headers: { 'Retry-After': '5' }, cause });
