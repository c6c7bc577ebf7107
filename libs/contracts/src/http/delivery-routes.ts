import { z } from 'zod';
import { DeliveryId, ProjectId } from '../ids.js';
import { ForgeKind } from '../project/events.js';
import { DeliveryPage, DeliveryView, RefusedDeliveryPage, TakenDelivery } from './bodies.js';
import { defineRoute } from './route.js';
import { limit, ofProject, paging, token } from './route-parts.js';

const ofDelivery = z.strictObject({ projectId: ProjectId, deliveryId: DeliveryId });

export const deliveryRoutes = {
  listDeliveries: defineRoute({
    id: 'listDeliveries',
    method: 'GET',
    path: '/api/v1/projects/{projectId}/deliveries',
    tag: 'Deliveries',
    summary: 'Webhooks taken in, newest first, with the verdict on each.',
    access: token('viewer', 'project'),
    params: ofProject,
    query: paging,
    reply: { status: 200, meaning: 'A page', schema: DeliveryPage },
  }),
  getDelivery: defineRoute({
    id: 'getDelivery',
    method: 'GET',
    path: '/api/v1/projects/{projectId}/deliveries/{deliveryId}',
    tag: 'Deliveries',
    summary: 'One delivery.',
    access: token('viewer', 'project'),
    params: ofDelivery,
    reply: { status: 200, meaning: 'The delivery', schema: DeliveryView },
  }),
  listRefusedDeliveries: defineRoute({
    id: 'listRefusedDeliveries',
    method: 'GET',
    path: '/api/v1/projects/{projectId}/refused-deliveries',
    tag: 'Deliveries',
    summary: 'The newest webhooks that were turned away, and why. Only so many are kept, for a week.',
    access: token('owner', 'project'),
    params: ofProject,
    query: z.strictObject({ limit }),
    reply: { status: 200, meaning: 'The newest', schema: RefusedDeliveryPage },
  }),
  redeliver: defineRoute({
    id: 'redeliver',
    method: 'POST',
    path: '/api/v1/projects/{projectId}/deliveries/{deliveryId}/redeliver',
    tag: 'Deliveries',
    summary: 'Judge the stored delivery anew. A change that has its build keeps that build.',
    access: token('developer', 'project'),
    params: ofDelivery,
    idempotencyKey: true,
    reply: { status: 202, meaning: 'The delivery with its new verdict', schema: DeliveryView },
  }),
  takeDelivery: defineRoute({
    id: 'takeDelivery',
    method: 'POST',
    path: '/hooks/{projectId}/{forge}',
    tag: 'Deliveries',
    summary: 'Where forges send webhooks. See docs/webhooks.md.',
    access: { kind: 'signed' },
    params: z.strictObject({ projectId: ProjectId, forge: z.union([ForgeKind, z.literal('forgejo')]) }),
    reply: { status: 202, meaning: 'Stored', schema: TakenDelivery },
  }),
} as const;
