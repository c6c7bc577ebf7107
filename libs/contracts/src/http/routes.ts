import type { EpochMs } from '../envelope.js';
import { buildRoutes } from './build-routes.js';
import { deliveryRoutes } from './delivery-routes.js';
import { installationRoutes } from './installation-routes.js';
import { projectRoutes } from './project-routes.js';

/** Every operation of the public API, in the order of its documentation. What sockets send is in `live/frames.ts`. */
export const routes = { ...projectRoutes, ...buildRoutes, ...deliveryRoutes, ...installationRoutes } as const;

export type Routes = typeof routes;

/** Reads `?at=` into what the query wants. */
export const parseAt = (text: string): { position: number } | { time: EpochMs } =>
  /^\d+$/.test(text) ? { position: Number(text) } : { time: Date.parse(text) };
