import type { BuildId, JobId, JobTokenClaims, ProjectId, RunnerId } from '@cyclone/contracts';

/** Whose log a message says it belongs to. */
export interface ClaimedPlace {
  readonly place: { readonly projectId: ProjectId; readonly buildId: BuildId; readonly jobId: JobId };
  readonly header: { readonly fence: number; readonly runnerId: RunnerId };
}

/** What a runner's clock may be ahead or behind. */
export const clockLeewayMs = 30_000;

/** Why a token, whose signature is right, does not open this log; undefined when it does. */
export const judgeJobToken = (
  claims: JobTokenClaims,
  { place, header }: ClaimedPlace,
  nowMs: number,
): string | undefined => {
  if (claims.exp * 1_000 + clockLeewayMs < nowMs) return 'the job token has expired';
  if (claims.iat * 1_000 - clockLeewayMs > nowMs) return 'the job token is not valid yet';
  if (claims.projectId !== place.projectId || claims.buildId !== place.buildId || claims.jobId !== place.jobId) {
    return 'the job token belongs to another job';
  }
  if (claims.fence !== header.fence) return 'the job token belongs to another attempt of the job';
  if (claims.runnerId !== header.runnerId) return 'the job token belongs to another runner';
  return undefined;
};
