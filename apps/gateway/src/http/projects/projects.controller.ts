import { randomBytes } from 'node:crypto';
import {
  pipelineAsks,
  type ProjectCredentials,
  type ProjectHook,
  ProjectSettings,
  type ProjectView,
  routes,
  type Routes,
} from '@cyclone/contracts';
import { Controller, Inject } from '@nestjs/common';
import type { Asks } from '../../asks.js';
import { coversProject, projectsOf } from '../../auth/scope.js';
import { HookRegistration } from '../../webhooks/hook-registration.js';
import type { Answer, Call } from '../call.js';
import { commandOf, versionTag } from '../command.js';
import { Handles } from '../handles.js';
import { notFound, ProblemError } from '../problem-error.js';
import { ASKS } from '../tokens.di.js';

/** Telling a forge may be slow; the project is there meanwhile, and the consumer goes on with it. */
const tellMsMax = 8_000;

@Controller()
export class ProjectsController {
  constructor(
    @Inject(ASKS) private readonly asks: Asks,
    @Inject(HookRegistration) private readonly hooks: HookRegistration,
  ) {}

  @Handles(routes.createProject)
  async create(call: Call<Routes['createProject']>): Promise<Answer<Routes['createProject']>> {
    const { id, credentials, ...settings } = call.body;
    if (!coversProject(call.caller.scope, id))
      throw new ProblemError(403, 'not-covered', `the token does not cover a project named ${id}`);
    const made = credentials?.webhook === undefined ? randomBytes(32).toString('base64url') : undefined;
    const created = await this.asks.ask(pipelineAsks.createProject, {
      ...commandOf(call),
      projectId: id,
      settings: ProjectSettings.parse(settings),
      credentials: { webhook: made ?? credentials?.webhook ?? '', ...keyed(credentials) },
    });
    const told = await this.tell(created);
    const project = await this.asks.ask(pipelineAsks.getProject, { projectId: id });
    const hook: ProjectHook = {
      url: this.hooks.urlOf(project),
      secret: made === undefined ? undefined : await this.madeSecret(id),
      ...told,
    };
    return {
      body: { project, hook },
      etag: versionTag(project.streamVersion),
      headers: { Location: `/api/v1/projects/${id}` },
    };
  }

  @Handles(routes.listProjects)
  async list(call: Call<Routes['listProjects']>): Promise<Answer<Routes['listProjects']>> {
    return {
      body: await this.asks.ask(pipelineAsks.listProjects, { ...call.query, only: projectsOf(call.caller.scope) }),
    };
  }

  @Handles(routes.getProject)
  async get(call: Call<Routes['getProject']>): Promise<Answer<Routes['getProject']>> {
    const project = await this.live(call.params.projectId);
    return { body: project, etag: versionTag(project.streamVersion) };
  }

  @Handles(routes.changeProject)
  async change(call: Call<Routes['changeProject']>): Promise<Answer<Routes['changeProject']>> {
    const project = await this.asks.ask(pipelineAsks.changeProject, {
      ...commandOf(call),
      projectId: call.params.projectId,
      settings: ProjectSettings.parse(call.body),
      expectedVersion: call.expectedVersion,
    });
    return { body: project, etag: versionTag(project.streamVersion) };
  }

  @Handles(routes.deleteProject)
  async delete(call: Call<Routes['deleteProject']>): Promise<Answer<Routes['deleteProject']>> {
    const project = await this.live(call.params.projectId);
    if (call.expectedVersion !== undefined && call.expectedVersion !== project.streamVersion) {
      throw new ProblemError(412, 'project-moved-on', 'the project was changed meanwhile');
    }
    await this.hooks.remove(project);
    await this.asks.ask(pipelineAsks.deleteProject, { ...commandOf(call), projectId: project.id });
    return {};
  }

  /** As it is kept: a repeated request finds the secret that the first one made, not the one it just thought of. */
  private async madeSecret(projectId: ProjectView['id']): Promise<string | undefined> {
    return (await this.asks.ask(pipelineAsks.readCredential, { projectId, key: 'webhook' })).value;
  }

  private async live(projectId: ProjectView['id']): Promise<ProjectView> {
    const project = await this.asks.ask(pipelineAsks.getProject, { projectId });
    if (project.deleted) throw notFound('project');
    return project;
  }

  private async tell(project: ProjectView): Promise<Pick<ProjectHook, 'outcome' | 'message'>> {
    const tooSlow = new Promise<Pick<ProjectHook, 'outcome' | 'message'>>((resolve) =>
      setTimeout(
        () => resolve({ outcome: 'failed', message: 'the forge has not answered yet; it is asked again' }),
        tellMsMax,
      ).unref(),
    );
    const telling = this.hooks.register(project).catch(() => ({
      outcome: 'failed' as const,
      message: 'the forge could not be told just now; it is tried again',
    }));
    return Promise.race([telling, tooSlow]);
  }
}

const keyed = (credentials: ProjectCredentials | undefined): Record<string, string> => {
  const { registries = {}, clone, forge } = credentials ?? {};
  return {
    ...(clone === undefined ? {} : { clone }),
    ...(forge === undefined ? {} : { forge }),
    ...Object.fromEntries(Object.entries(registries).map(([host, password]) => [`registry:${host}`, password])),
  };
};
