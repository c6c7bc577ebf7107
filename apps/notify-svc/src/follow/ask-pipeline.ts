import {
  type BuildId,
  type BuildOutcome,
  type BuildView,
  type ProjectId,
  type ProjectView,
  pipelineAsks,
} from '@cyclone/contracts';
import { type AskClient, AskRefusedError } from '@cyclone/messaging/nest';
import type { TellingRules } from '../rules/domain/decide-notifications.js';

const pagesMax = 5;
const pageSize = 50;

const findProject = async (asks: AskClient, projectId: ProjectId): Promise<ProjectView | undefined> => {
  try {
    return await asks.ask(pipelineAsks.getProject, { projectId });
  } catch (error) {
    if (error instanceof AskRefusedError && error.refusal.kind === 'not-found') return undefined;
    throw error;
  }
};

/** What notify-svc asks pipeline-svc for. All of it throws when nobody answers. */
export const askPipeline = (asks: AskClient) => ({
  rulesOf: async (projectId: ProjectId): Promise<TellingRules | undefined> => {
    const project = await findProject(asks, projectId);
    if (project === undefined) return undefined;
    const { mail, repository } = project.settings;
    return {
      mail,
      forge: repository.forge,
      hasForgeToken: project.credentials.some(({ key }) => key === 'forge'),
      context: `cyclone/${projectId}`,
    };
  },

  /** Of the newest earlier build of the ref that nobody cancelled; looks back a few hundred builds at most. */
  previousOutcome: async ({
    projectId,
    ref,
    number,
  }: {
    readonly projectId: ProjectId;
    readonly ref: string;
    readonly number: number;
  }): Promise<BuildOutcome | undefined> => {
    let after: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const { items, nextCursor } = await asks.ask(pipelineAsks.listBuilds, {
        projects: [projectId],
        ref,
        status: 'finished',
        limit: pageSize,
        after,
      });
      const found = items.find(
        (build) => build.number < number && build.outcome !== undefined && build.outcome !== 'cancelled',
      );
      if (found !== undefined || nextCursor === undefined) return found?.outcome;
      after = nextCursor;
    }
    return undefined;
  },

  buildOf: async (buildId: BuildId): Promise<{ build: BuildView; project: ProjectView }> => {
    const build = await asks.ask(pipelineAsks.getBuild, { buildId });
    return { build, project: await asks.ask(pipelineAsks.getProject, { projectId: build.projectId }) };
  },

  accessOf: async (projectId: ProjectId) => {
    const [project, credential] = await Promise.all([
      asks.ask(pipelineAsks.getProject, { projectId }),
      asks.ask(pipelineAsks.readCredential, { projectId, key: 'forge' }),
    ]);
    return { repository: project.settings.repository, token: credential.value };
  },
});
