import { parseAt, pipelineAsks, type ProjectId, routes, type Routes } from '@cyclone/contracts';
import { Controller, Inject } from '@nestjs/common';
import type { Asks } from '../../asks.js';
import { coversProject, projectsOf } from '../../auth/scope.js';
import type { Caller } from '../../auth/caller.js';
import type { Answer, Call } from '../call.js';
import { commandOf, versionTag } from '../command.js';
import { Handles } from '../handles.js';
import { notFound, ProblemError } from '../problem-error.js';
import { ASKS } from '../tokens.di.js';

/** A filter by project asks for less than the token covers, never for more. */
const wantedProjects = (caller: Caller, project: ProjectId | undefined): ProjectId[] | undefined => {
  if (project === undefined) return projectsOf(caller.scope);
  if (!coversProject(caller.scope, project)) throw notFound('project');
  return [project];
};

@Controller()
export class BuildsController {
  constructor(@Inject(ASKS) private readonly asks: Asks) {}

  @Handles(routes.startBuild)
  async start(call: Call<Routes['startBuild']>): Promise<Answer<Routes['startBuild']>> {
    const build = await this.asks.ask(pipelineAsks.startBuild, { ...commandOf(call), ...call.params, ...call.body });
    return { body: build, etag: versionTag(build.streamVersion), headers: { Location: `/api/v1/builds/${build.id}` } };
  }

  @Handles(routes.listProjectBuilds)
  async listOfProject(call: Call<Routes['listProjectBuilds']>): Promise<Answer<Routes['listProjectBuilds']>> {
    return { body: await this.asks.ask(pipelineAsks.listBuilds, { ...call.query, projects: [call.params.projectId] }) };
  }

  @Handles(routes.listBuilds)
  async list(call: Call<Routes['listBuilds']>): Promise<Answer<Routes['listBuilds']>> {
    const { project, ...query } = call.query;
    return {
      body: await this.asks.ask(pipelineAsks.listBuilds, { ...query, projects: wantedProjects(call.caller, project) }),
    };
  }

  @Handles(routes.getBuild)
  async get(call: Call<Routes['getBuild']>): Promise<Answer<Routes['getBuild']>> {
    const at = call.query.at === undefined ? undefined : parseAt(call.query.at);
    if (at !== undefined && 'time' in at && !(at.time >= 0))
      throw new ProblemError(400, 'bad-input', 'query.at: not a time');
    const build = await this.asks.ask(pipelineAsks.getBuild, { ...call.params, at });
    return { body: build, etag: versionTag(build.streamVersion) };
  }

  @Handles(routes.getPlan)
  async plan(call: Call<Routes['getPlan']>): Promise<Answer<Routes['getPlan']>> {
    return { body: await this.asks.ask(pipelineAsks.getPlan, call.params) };
  }

  @Handles(routes.listBuildEvents)
  async events(call: Call<Routes['listBuildEvents']>): Promise<Answer<Routes['listBuildEvents']>> {
    return { body: await this.asks.ask(pipelineAsks.listBuildEvents, { ...call.params, ...call.query }) };
  }

  @Handles(routes.cancelBuild)
  async cancel(call: Call<Routes['cancelBuild']>): Promise<Answer<Routes['cancelBuild']>> {
    return {
      body: await this.asks.ask(pipelineAsks.cancelBuild, { ...commandOf(call), ...call.params, ...call.body }),
    };
  }

  @Handles(routes.rerunBuild)
  async rerun(call: Call<Routes['rerunBuild']>): Promise<Answer<Routes['rerunBuild']>> {
    const build = await this.asks.ask(pipelineAsks.rerunBuild, { ...commandOf(call), ...call.params });
    return { body: build, etag: versionTag(build.streamVersion), headers: { Location: `/api/v1/builds/${build.id}` } };
  }

  @Handles(routes.listImages)
  async images(call: Call<Routes['listImages']>): Promise<Answer<Routes['listImages']>> {
    const { project, ...query } = call.query;
    return {
      body: await this.asks.ask(pipelineAsks.listImages, { ...query, projects: wantedProjects(call.caller, project) }),
    };
  }

  @Handles(routes.listRunners)
  async runners(call: Call<Routes['listRunners']>): Promise<Answer<Routes['listRunners']>> {
    const { items } = await this.asks.ask(pipelineAsks.listRunners, {});
    const mayKnow = call.caller.scope.projects === '*';
    return { body: { items: mayKnow ? items : items.map((runner) => ({ ...runner, held: [] })) } };
  }
}
