import { type BuildId, CommandId, type EpochMs, type ProjectId } from '@cyclone/contracts';
import { type EventStore, createCommandHandler } from '@cyclone/event-store';
import {
  type NotificationCommand,
  type NotificationState,
  notificationDecider,
} from '../rules/domain/notification-decider.js';

/** What was planned for a build and what became of it: the stream `notification-<buildId>`. */
export interface Ledger {
  load(buildId: BuildId): Promise<NotificationState>;
  /** The same name is carried out once for ever. */
  record(
    buildId: BuildId,
    projectId: ProjectId,
    name: string,
    command: NotificationCommand,
    now: EpochMs,
  ): Promise<void>;
}

export const createLedger = (store: EventStore): Ledger => {
  const handler = createCommandHandler({ store, kind: 'notification', decider: notificationDecider });
  return {
    load: async (buildId) => (await handler.load(buildId)).state,
    record: async (buildId, projectId, name, command, now) => {
      await handler.handle({
        id: buildId,
        command,
        commandId: CommandId.parse(name),
        tenant: projectId,
        actor: { kind: 'system', id: 'notify-svc' },
        trace: { correlationId: buildId },
        occurredAt: now,
      });
    },
  };
};
