import type { BuildEvent, EpochMs } from '@cyclone/contracts';
import type { BuildCommand } from '../../../build/domain/build-commands.js';

/** How long runners have to end a job that they were told to stop, before the build ends without them. */
export const cancelGraceMs = 5 * 60_000;

export type BuildTimeoutState =
  | { readonly status: 'idle' }
  | { readonly status: 'running'; readonly deadlineAt: EpochMs; readonly timeoutMs: number }
  | { readonly status: 'stopping'; readonly giveUpAt: EpochMs };

export const initialBuildTimeout: BuildTimeoutState = { status: 'idle' };

export const evolveBuildTimeout = (
  state: BuildTimeoutState,
  event: BuildEvent & { readonly occurredAt: EpochMs },
): BuildTimeoutState => {
  switch (event.type) {
    case 'BuildRequested': {
      const { timeoutMs } = event.data;
      return { status: 'running', deadlineAt: event.occurredAt + timeoutMs, timeoutMs };
    }
    case 'BuildCancelRequested':
      return { status: 'stopping', giveUpAt: event.occurredAt + cancelGraceMs };
    case 'BuildFinished':
      return initialBuildTimeout;
    default:
      return state;
  }
};

/** When this build wants to be looked at again; undefined when it waits for nothing. */
export const timeoutDueAt = (state: BuildTimeoutState): EpochMs | undefined => {
  if (state.status === 'running') return state.deadlineAt;
  return state.status === 'stopping' ? state.giveUpAt : undefined;
};

export const decideBuildTimeout = (state: BuildTimeoutState, now: EpochMs): BuildCommand | undefined => {
  const dueAt = timeoutDueAt(state);
  if (dueAt === undefined || now < dueAt) return undefined;
  if (state.status === 'running') {
    const message = `the build took longer than its ${Math.round(state.timeoutMs / 1000)} s`;
    return { type: 'TimeOutBuild', reason: { code: 'build-timed-out', message } };
  }
  const message = `no runner answered the request to stop within ${cancelGraceMs / 1000} s`;
  return { type: 'GiveUpOnRunners', reason: { code: 'runner-unresponsive', message }, at: now };
};
