import {
  type AskDefinition,
  type BuildView,
  BuildView as BuildViewSchema,
  type Change,
  logAsks,
  pipelineAsks,
  type ProjectView,
  ProjectView as ProjectViewSchema,
  type Refusal,
} from '@cyclone/contracts';
import type { z } from 'zod';
import type { Asks } from '../asks.js';

const refused = (refusal: Refusal): Error =>
  Object.assign(new Error(refusal.message), { code: 'ask-refused', refusal });
const notFound = (what: string): Error =>
  refused({ kind: 'not-found', code: `${what}-not-found`, message: `there is no such ${what}` });

/** One question with its answer: the request is parsed by its own definition, and so is what comes back. */
const on = <Request extends z.ZodType>(
  definition: { readonly subject: string; readonly request: Request },
  answer: (request: z.output<Request>) => unknown,
): [string, (request: unknown) => unknown] => [
  definition.subject,
  (request) => answer(definition.request.parse(request)),
];

export const sampleBuild = (
  id: string,
  projectId: string,
  more: Partial<z.input<typeof BuildViewSchema>> = {},
): BuildView =>
  BuildViewSchema.parse({
    id,
    projectId,
    number: 1,
    status: 'running',
    trigger: { kind: 'manual', ref: 'main' },
    trust: 'trusted',
    message: 'by hand',
    authorName: 'mara',
    requestedAt: 1,
    streamVersion: 3,
    position: 0,
    repositoryUrl: 'https://git.example.org/acme/shop.git',
    problems: [],
    warnings: [],
    jobs: [],
    images: [],
    ...more,
  });

export const sampleJob = (
  ...steps: {
    id: string;
    needs?: string[];
    status?: 'waiting' | 'running' | 'ended';
    outcome?: 'succeeded' | 'skipped';
    log?: { bytes: number };
  }[]
) => ({
  id: 'job',
  name: 'job',
  needs: [],
  labels: {},
  status: 'running' as const,
  attempt: 1,
  steps: steps.map(({ id, needs = [], status = 'running', outcome, log }) => ({
    id,
    name: id,
    stage: 'build' as const,
    kind: 'run' as const,
    needs,
    status,
    outcome,
    ignored: false,
    fence: 7,
    log: log && { bytes: log.bytes, lines: 1, crc32: 0, truncated: false },
  })),
});

/** pipeline-svc and log-svc as the gateway meets them: the same questions, answered from memory. */
export class FakeServices implements Asks {
  readonly projects = new Map<string, ProjectView & { secretsOf: Record<string, string> }>();
  readonly builds = new Map<string, BuildView>();
  readonly logs = new Map<string, { fence: number; data: Buffer; sealed: boolean; damaged?: boolean }>();
  readonly changes: { change: Change; buildId: string; causedBy: string }[] = [];
  readonly asked: { subject: string; request: unknown }[] = [];
  isAway = false;
  /** Awaited before each range is read. */
  beforeRead: () => Promise<void> = () => Promise.resolve();

  addProject(
    id: string,
    forge = 'github',
    credentials: Record<string, string> = { webhook: `secret-of-${id}-project` },
    url = `https://git.example.org/acme/${id}.git`,
    repository: object = {},
  ): ProjectView {
    const project = ProjectViewSchema.parse({
      id,
      settings: { name: id, repository: { url, forge, ...repository } },
      secrets: [],
      credentials: Object.keys(credentials).map((key) => ({ key, version: 1, setAt: 1 })),
      createdAt: 1,
      changedAt: 1,
      deleted: false,
      streamVersion: 1,
      position: 1,
    });
    this.projects.set(id, { ...project, secretsOf: { ...credentials } });
    return project;
  }

  async ask<Request extends z.ZodType, Reply extends z.ZodType>(
    definition: AskDefinition<Request, Reply>,
    input: z.input<Request>,
  ): Promise<z.output<Reply>> {
    if (this.isAway) throw Object.assign(new Error('nobody answers'), { code: 'ask-unavailable' });
    const request = definition.request.parse(input);
    this.asked.push({ subject: definition.subject, request });
    if (definition.subject === logAsks.readLog.subject) await this.beforeRead();
    const handler = this.handlers.get(definition.subject);
    if (handler === undefined) throw new Error(`no fake answers ${definition.subject}`);
    return definition.reply.parse(handler(request));
  }

  private project(id: string) {
    const project = this.projects.get(id);
    if (project === undefined) throw notFound('project');
    return project;
  }

  private build(id: string) {
    const build = this.builds.get(id);
    if (build === undefined) throw notFound('build');
    return build;
  }

  private readonly handlers = new Map<string, (request: unknown) => unknown>([
    on(pipelineAsks.createProject, ({ projectId, settings, credentials }) => {
      if (this.projects.has(projectId))
        throw refused({ kind: 'conflict', code: 'project-exists', message: 'the name is taken' });
      this.addProject(projectId, settings.repository.forge, credentials, settings.repository.url, settings.repository);
      return this.project(projectId);
    }),
    on(pipelineAsks.changeProject, ({ projectId, settings, expectedVersion }) => {
      const project = this.project(projectId);
      if (expectedVersion !== undefined && expectedVersion !== project.streamVersion)
        throw refused({ kind: 'conflict', code: 'project-moved-on', message: 'moved on' });
      const changed = { ...project, settings, streamVersion: project.streamVersion + 1 };
      this.projects.set(projectId, changed);
      return changed;
    }),
    on(pipelineAsks.deleteProject, ({ projectId }) => {
      this.project(projectId);
      this.projects.delete(projectId);
      return {};
    }),
    on(pipelineAsks.getProject, ({ projectId }) => this.project(projectId)),
    on(pipelineAsks.listProjects, ({ only }) => ({
      items: [...this.projects.values()].filter(({ id }) => only === undefined || only.includes(id)),
    })),
    on(pipelineAsks.setSecret, ({ projectId }) => this.project(projectId) && { version: 1 }),
    on(pipelineAsks.removeSecret, ({ projectId }) => this.project(projectId) && {}),
    on(pipelineAsks.setCredential, ({ projectId, key, value }) => {
      this.project(projectId).secretsOf[key] = value;
      return { version: 2 };
    }),
    on(pipelineAsks.readCredential, ({ projectId, key }) => ({
      value: this.project(projectId).secretsOf[key],
      version: 1,
    })),
    on(pipelineAsks.recordWebhook, ({ projectId, outcome, hookId, message }) => {
      this.projects.set(projectId, { ...this.project(projectId), webhook: { outcome, hookId, message } });
      return {};
    }),
    on(pipelineAsks.requestBuildForChange, ({ projectId, deliveryId, change }) => {
      this.project(projectId);
      const same = this.changes.find(
        (known) =>
          JSON.stringify([known.change.kind, known.change.ref, known.change.before, known.change.after]) ===
          JSON.stringify([change.kind, change.ref, change.before, change.after]),
      );
      if (same !== undefined) return { buildId: same.buildId, causedBy: same.causedBy };
      const made = { change, buildId: `${projectId}-b${this.changes.length + 1}`, causedBy: deliveryId };
      this.changes.push(made);
      return made;
    }),
    on(pipelineAsks.startBuild, ({ projectId }) => {
      this.project(projectId);
      const build = sampleBuild(`${projectId}-m${this.builds.size + 1}`, projectId);
      this.builds.set(build.id, build);
      return build;
    }),
    on(pipelineAsks.cancelBuild, ({ buildId }) => this.build(buildId)),
    on(pipelineAsks.rerunBuild, ({ buildId }) => this.build(buildId)),
    on(pipelineAsks.getBuild, ({ buildId }) => this.build(buildId)),
    on(pipelineAsks.getPlan, () => {
      throw refused({ kind: 'not-found', code: 'plan-not-found', message: 'there is no plan yet' });
    }),
    on(pipelineAsks.listBuilds, ({ projects }) => ({
      items: [...this.builds.values()].filter((build) => projects === undefined || projects.includes(build.projectId)),
    })),
    on(pipelineAsks.listBuildEvents, ({ buildId }) => this.build(buildId) && { items: [] }),
    on(pipelineAsks.listImages, () => ({ items: [] })),
    on(pipelineAsks.listRunners, () => ({ items: [] })),
    on(logAsks.indexLogs, ({ buildId }) => ({
      steps: [...this.logs]
        .filter(([key]) => key.startsWith(`${buildId}/`))
        .map(([key, log]) => ({
          jobId: 'job',
          stepId: key.split('/')[1],
          fence: log.fence,
          bytes: log.data.length,
          sealed: log.sealed,
          damaged: log.damaged ?? false,
          truncated: false,
        })),
    })),
    on(logAsks.readLog, ({ buildId, stepId, offset, limit }) => {
      const log = this.logs.get(`${buildId}/${stepId}`);
      const data = log?.data.subarray(offset, offset + limit) ?? Buffer.alloc(0);
      return {
        fence: log?.fence,
        offset,
        data: data.toString('base64'),
        bytes: data.length,
        end: log?.sealed === true && offset + data.length >= log.data.length,
        damaged: false,
        truncated: false,
      };
    }),
  ]);
}
