import { buildsInFlight } from './builds-in-flight.measure.js';
import { eventStore } from './event-store.measure.js';
import { firstLine, serversShare } from './first-line.measure.js';
import { idleMemory } from './idle-memory.measure.js';
import { longLog } from './long-log.measure.js';
import { manyHooks } from './many-hooks.measure.js';
import type { Measure } from './measure.js';
import { serviceAndWorkspace } from './service-and-workspace.measure.js';
import { shortSteps } from './short-steps.measure.js';
import { stepGap, stepGapOnDocker } from './step-gap.measure.js';

/** In the order in which they are done: those that share a platform stand together. */
export const measures: readonly Measure[] = [
  idleMemory,
  shortSteps,
  serviceAndWorkspace,
  longLog,
  manyHooks,
  firstLine,
  stepGapOnDocker,
  serversShare,
  stepGap,
  eventStore,
  buildsInFlight,
];
