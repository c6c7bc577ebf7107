import { CredentialKey, pipelineAsks } from '@cyclone/contracts';
import { Answers } from '@cyclone/messaging/nest';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { ProjectViews } from '../projections/project-views.js';
import type { Projects } from '../project/projects.js';
import { ports, type AnswerPorts } from './answer-ports.js';

type Asked<Ask extends keyof typeof pipelineAsks> = z.output<(typeof pipelineAsks)[Ask]['request']>;

@Controller()
export class ProjectsController {
  readonly #projects: Projects;
  readonly #views: ProjectViews;
  readonly #read: AnswerPorts['readProject'];

  constructor(@Inject(ports) { projects, projectViews, readProject }: AnswerPorts) {
    this.#projects = projects;
    this.#views = projectViews;
    this.#read = readProject;
  }

  @Answers(pipelineAsks.createProject)
  async create({ projectId, settings, credentials = {}, ...origin }: Asked<'createProject'>) {
    const values = new Map(Object.entries(credentials).map(([key, value]) => [CredentialKey.parse(key), value]));
    await this.#projects.create(projectId, settings, values, origin);
    return this.#shown(projectId);
  }

  @Answers(pipelineAsks.changeProject)
  async change({ projectId, settings, expectedVersion, ...origin }: Asked<'changeProject'>) {
    await this.#projects.carryOut(projectId, { type: 'ChangeProject', settings, expectedVersion }, origin);
    return this.#shown(projectId);
  }

  @Answers(pipelineAsks.deleteProject)
  async delete({ projectId, expectedVersion, ...origin }: Asked<'deleteProject'>) {
    await this.#projects.carryOut(projectId, { type: 'DeleteProject', expectedVersion }, origin);
    await this.#views.projector.catchUp(projectId);
    return {};
  }

  @Answers(pipelineAsks.getProject)
  get({ projectId }: Asked<'getProject'>) {
    return this.#read(projectId);
  }

  @Answers(pipelineAsks.listProjects)
  list({ only, after, limit }: Asked<'listProjects'>) {
    return this.#views.list(only, after, limit);
  }

  @Answers(pipelineAsks.setSecret)
  async setSecret({ projectId, name, value, ...origin }: Asked<'setSecret'>) {
    return { version: await this.#projects.setSecret(projectId, name, value, origin) };
  }

  @Answers(pipelineAsks.removeSecret)
  async removeSecret({ projectId, name, ...origin }: Asked<'removeSecret'>) {
    await this.#projects.carryOut(projectId, { type: 'RemoveSecret', name }, origin);
    return {};
  }

  @Answers(pipelineAsks.setCredential)
  async setCredential({ projectId, key, value, ...origin }: Asked<'setCredential'>) {
    return { version: await this.#projects.setCredential(projectId, key, value, origin) };
  }

  @Answers(pipelineAsks.readCredential)
  async readCredential({ projectId, key }: Asked<'readCredential'>) {
    return (await this.#projects.readCredential(projectId, key)) ?? {};
  }

  @Answers(pipelineAsks.recordWebhook)
  async recordWebhook({ projectId, outcome, hookId, message, ...origin }: Asked<'recordWebhook'>) {
    await this.#projects.carryOut(projectId, { type: 'RecordWebhook', outcome, hookId, message }, origin);
    return {};
  }

  /** Whoever has just written also finds it in the lists. */
  async #shown(projectId: Asked<'getProject'>['projectId']) {
    await this.#views.projector.catchUp(projectId);
    return this.#read(projectId);
  }
}
