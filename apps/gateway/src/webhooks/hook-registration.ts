import { randomUUID } from 'node:crypto';
import {
  type Actor,
  pipelineAsks,
  type ProjectHook,
  ProjectId,
  type ProjectView,
  consumers,
  subjects,
  type Trace,
} from '@cyclone/contracts';
import { type Consumer, done, rejectMessage, type Subscription } from '@cyclone/messaging';
import type { Logger } from '@cyclone/observability';
import { type Asks, refusalOf } from '../asks.js';
import {
  BareHookError,
  installBareHook,
  isAllowedFolder,
  localFolderOf,
  removeBareHook,
} from '../bare/install-bare-hook.js';
import { type ForgeApi, ForgeApiError } from '../forge-apis/forge-api.js';
import { hasHookApi } from '../forge-apis/hook-api.js';
import { readEnvelope } from './deliveries.consumer.js';

export interface HookRegistrationParts {
  readonly asks: Asks;
  readonly api: ForgeApi;
  readonly publicUrl: () => string;
  readonly allowedHosts: readonly string[];
  readonly logger: Logger;
}

type Outcome = Pick<ProjectHook, 'outcome' | 'message'> & { readonly hookId?: string };

const actor: Actor = { kind: 'system', id: 'gateway' };
const traceOf = (projectId: ProjectId): Trace => ({ correlationId: `register-hook:${projectId}` });

/** Tells forges where to send deliveries: at once when a project is made, and again by the event if that did not come through. */
export class HookRegistration {
  constructor(private readonly parts: HookRegistrationParts) {}

  urlOf(project: Pick<ProjectView, 'id' | 'settings'>): string {
    return new URL(`/hooks/${project.id}/${project.settings.repository.forge}`, this.parts.publicUrl()).href;
  }

  async register(project: ProjectView): Promise<Outcome> {
    const outcome = await this.tell(project);
    if (outcome.outcome !== 'by-hand') await this.record(project.id, outcome.outcome, outcome);
    return outcome;
  }

  /** Before a project goes: its credentials can still be read. What fails is logged and stays at the forge. */
  async remove(project: ProjectView): Promise<void> {
    const { repository } = project.settings;
    try {
      const folder = repository.forge === 'bare' ? localFolderOf(repository.url) : undefined;
      if (folder !== undefined && (await isAllowedFolder(folder, this.parts.allowedHosts)))
        await removeBareHook(folder);
      const token = await this.credential(project.id, 'forge');
      const hookId = project.webhook?.hookId;
      if (token !== undefined && hookId !== undefined && hasHookApi(repository.forge))
        await this.parts.api.removeHook({ repository, token, hookId });
      await this.record(project.id, 'removed', { message: 'the project is being deleted' });
    } catch (error) {
      this.parts.logger.warn('a webhook was not removed', { projectId: project.id, error });
    }
  }

  /** The guarantee: whatever project has no recorded outcome gets one. */
  consume(consumer: Consumer): Promise<Subscription> {
    return consumer.subscribe({
      consumer: consumers.gatewayWebhookRegistration,
      subjects: [subjects.eventsOf({ kind: 'project', type: 'ProjectCreated' })],
      concurrency: 4,
      keyOf: (message) => message.subject,
      handle: async (message) => {
        const envelope = readEnvelope(message.data);
        if (envelope === undefined) return rejectMessage('not an event envelope');
        await this.registerMissing(ProjectId.parse(envelope.stream.id));
        return done;
      },
    });
  }

  private async registerMissing(projectId: ProjectId): Promise<void> {
    try {
      const project = await this.parts.asks.ask(pipelineAsks.getProject, { projectId });
      if (project.webhook === undefined && !project.deleted) await this.register(project);
    } catch (error) {
      if (refusalOf(error)?.kind !== 'not-found') throw error;
    }
  }

  private async tell(project: ProjectView): Promise<Outcome> {
    const { repository } = project.settings;
    try {
      const secret = await this.credential(project.id, 'webhook');
      if (secret === undefined) return { outcome: 'failed', message: 'the project has no webhook secret' };
      if (repository.forge === 'bare') return await this.tellFolder(repository.url, this.urlOf(project), secret);
      const token = hasHookApi(repository.forge) ? await this.credential(project.id, 'forge') : undefined;
      if (token === undefined)
        return {
          outcome: 'by-hand',
          message: 'add the webhook at the forge with this url and secret (docs/webhooks.md)',
        };
      const { hookId } = await this.parts.api.ensureHook({ repository, token, url: this.urlOf(project), secret });
      return { outcome: 'registered', hookId, message: 'the forge sends deliveries from now on' };
    } catch (error) {
      if (error instanceof ForgeApiError || error instanceof BareHookError)
        return { outcome: 'failed', message: error.message };
      throw error;
    }
  }

  private async tellFolder(url: string, hookUrl: string, secret: string): Promise<Outcome> {
    const folder = localFolderOf(url);
    if (folder === undefined)
      return { outcome: 'by-hand', message: 'install the hook where the repository lies (docs/webhooks.md)' };
    if (!(await isAllowedFolder(folder, this.parts.allowedHosts))) {
      return {
        outcome: 'failed',
        message: `${folder} is not in a folder that an administrator allows (CYCLONE_ALLOWED_HOSTS)`,
      };
    }
    await installBareHook(folder, { url: hookUrl, secret }).catch((error: unknown) => {
      if (error instanceof BareHookError) throw error;
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
      throw new BareHookError(`the hook could not be written (${code})`, { cause: error });
    });
    return { outcome: 'registered', hookId: 'post-receive', message: 'the post-receive hook is installed' };
  }

  private async credential(projectId: ProjectId, key: 'webhook' | 'forge'): Promise<string | undefined> {
    return (await this.parts.asks.ask(pipelineAsks.readCredential, { projectId, key })).value;
  }

  private async record(
    projectId: ProjectId,
    outcome: 'registered' | 'failed' | 'removed',
    told: { hookId?: string; message: string },
  ): Promise<void> {
    await this.parts.asks.ask(pipelineAsks.recordWebhook, {
      commandId: `record-webhook:${randomUUID()}`,
      actor,
      trace: traceOf(projectId),
      projectId,
      outcome,
      hookId: told.hookId,
      message: told.message.slice(0, 2000),
    });
  }
}
