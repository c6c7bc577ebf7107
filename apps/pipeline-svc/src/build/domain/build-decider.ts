import type { BuildEvent } from '@cyclone/contracts';
import type { Decider } from '@cyclone/event-store';
import type { BuildCommand } from './build-commands.js';
import type { BuildRejection } from './build-rejections.js';
import { initialBuildState, type BuildState } from './build-state.js';
import { decideBuild } from './decide-build.js';
import { evolveBuild } from './evolve-build.js';

/** The Build: one stream, one end, whatever its runners report in whatever order. */
export const buildDecider: Decider<BuildState, BuildCommand, BuildEvent, BuildRejection> = {
  initialState: initialBuildState,
  decide: decideBuild,
  evolve: evolveBuild,
};
