import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { routes, type CommitSha, type DeliveryId, type ProjectId, type RouteDefinition } from '@cyclone/contracts';
import type { z } from 'zod';
import type { Platform } from './platform.js';

/** Where a project takes webhooks, and what they are signed with. */
export interface Hook {
  readonly url: string;
  readonly secret: string;
}

export interface Push {
  readonly ref: string;
  readonly sha: CommitSha;
}

export interface SentPush {
  readonly deliveryId: DeliveryId;
  /** Milliseconds since 1970, as events have them. */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** The public API, as far as a benchmark needs it. */
export class Client {
  constructor(readonly platform: Pick<Platform, 'url' | 'token'>) {}

  async createProject(id: ProjectId, repositoryUrl: string): Promise<Hook> {
    const body = { id, name: id, repository: { url: repositoryUrl, forge: 'generic' } };
    const { hook } = await this.call(routes.createProject, { method: 'POST', body: JSON.stringify(body) });
    if (hook.secret === undefined) throw new Error(`project ${id} got no webhook secret: ${hook.message}`);
    return { url: new URL(`/hooks/${id}/generic`, this.platform.url).href, secret: hook.secret };
  }

  /** Delivers a signed push. Each call is a change of its own, though the commit may be the same. */
  async sendPush(hook: Hook, { ref, sha }: Push): Promise<SentPush> {
    const body = JSON.stringify({ event: 'push', ref, before: randomBytes(20).toString('hex'), after: sha });
    const delivery = randomUUID();
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', hook.secret).update(`${timestamp}.${delivery}.${body}`).digest('hex');
    const sentAt = Date.now();
    const response = await fetch(hook.url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-cyclone-delivery': delivery,
        'x-cyclone-timestamp': timestamp,
        'x-cyclone-signature': `v1=${signature}`,
      },
    });
    const { deliveryId } = await readReply(routes.takeDelivery, response);
    return { deliveryId, sentAt, answeredAt: Date.now() };
  }

  private async call<Route extends RouteDefinition>(route: Route, init: RequestInit): Promise<Answer<Route>> {
    const response = await fetch(new URL(route.path, this.platform.url), {
      ...init,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.platform.token}` },
    });
    return readReply(route, response);
  }
}

type Answer<Route extends RouteDefinition> = Route['reply'] extends { schema: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : never;

async function readReply<Route extends RouteDefinition>(route: Route, response: Response): Promise<Answer<Route>> {
  const text = await response.text();
  if (response.status !== route.reply.status || route.reply.schema === undefined)
    throw new Error(`${route.id} answered ${response.status}: ${text}`);
  // The schema of this very route parses; the compiler does not follow it through the union.
  return route.reply.schema.parse(JSON.parse(text)) as Answer<Route>;
}
