import type { BuildId, BuildView } from '@cyclone/contracts';
import type { BuildReport } from './email/build-report.js';

/** Addresses of a build for people; without a public address of the installation there are none. */
export interface Links {
  buildUrl(buildId: BuildId): string | undefined;
  ofBuild(build: BuildView): BuildReport['links'];
}

export const createLinks = (publicUrl: string | undefined): Links => {
  const base = publicUrl?.replace(/\/+$/, '');
  const buildUrl = (buildId: BuildId): string | undefined =>
    base === undefined ? undefined : `${base}/builds/${buildId}`;
  return {
    buildUrl,
    ofBuild: (build) => {
      const page = buildUrl(build.id);
      const change = build.trigger.kind === 'change' ? build.trigger.change.url : undefined;
      return [
        ...(page === undefined
          ? []
          : [['Build', page] as const, ['Full log', `${base}/api/v1/builds/${build.id}/log?download=yes`] as const]),
        ...(change !== undefined && /^https?:\/\//.test(change) ? [['Commit', change] as const] : []),
      ];
    },
  };
};
