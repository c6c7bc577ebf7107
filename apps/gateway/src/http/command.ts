import type { Trace } from '@cyclone/contracts';
import { actorOf, type Caller } from '../auth/caller.js';

/** What every command to another service says of its origin. */
export const commandOf = (call: {
  commandId: string;
  requestId: string;
  caller: Caller;
}): { commandId: string; actor: ReturnType<typeof actorOf>; trace: Trace } => ({
  commandId: call.commandId,
  actor: actorOf(call.caller),
  trace: { correlationId: call.requestId },
});

/** The entity tag of something that is the fold of a stream. */
export const versionTag = (streamVersion: number): string => `"v${streamVersion}"`;
