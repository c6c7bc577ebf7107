import { integrationConsumer, pipelineAsks, runnerJobsConsumer, streams, subjects } from '@cyclone/contracts';
import type { ConsumerDefinition } from '../consumer.js';
import { inboxPrefixOf } from './connect-nats.js';

interface Login {
  /** Letters, digits, `-` and `_`; names its private inbox too. */
  readonly user: string;
  /** Plain (the file is for its owner's eyes only then) or as a bcrypt hash. */
  readonly password: string;
}

/** `control`: Cyclone's own services. `runner`: one pool's runners. `integration`: a reader of events. */
export type NatsUser =
  | (Login & { readonly role: 'control' })
  /** Without `runnerId` the user may stand for any runner of the pool. */
  | (Login & { readonly role: 'runner'; readonly pool: string; readonly runnerId?: string })
  /** `name` is its durable consumer's. Without `projects` it reads the events of all. */
  | (Login & { readonly role: 'integration'; readonly name: string; readonly projects?: readonly string[] });

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * Taking from a durable consumer and answering for what was taken. Never making one: whoever makes a consumer chooses
 * the subject that the server delivers to, and with it whose words the server repeats.
 */
const takeFrom = (consumer: ConsumerDefinition): readonly string[] => {
  const place = `${streams[consumer.stream].name}.${consumer.durable}`;
  return [
    `$JS.API.CONSUMER.MSG.NEXT.${place}`,
    `$JS.API.CONSUMER.INFO.${place}`,
    `$JS.ACK.${place}.>`,
    // The newer form of an acknowledgement, with domain and account.
    `$JS.ACK.*.*.${place}.>`,
    subjects.dead(consumer.durable),
  ];
};

const ownInbox = (user: string): string => `${inboxPrefixOf(user)}.>`;

const ofRunner = (user: Extract<NatsUser, { role: 'runner' }>): Permissions => {
  const runnerId = user.runnerId ?? '*';
  return {
    publish: [
      pipelineAsks.announceRunner.subject,
      pipelineAsks.claimJob.subject,
      pipelineAsks.resumeJob.subject,
      subjects.allReports,
      subjects.allLogs,
      ...takeFrom(runnerJobsConsumer(user.pool)),
    ],
    subscribe: [`cyclone.live.confirm.${runnerId}.*`, `cyclone.live.cancel-job.${runnerId}`, ownInbox(user.user)],
  };
};

const ofIntegration = (user: Extract<NatsUser, { role: 'integration' }>): Permissions => ({
  publish: takeFrom(integrationConsumer(user.name)),
  subscribe: [...integrationSubjects(user.projects), ownInbox(user.user)],
});

/** What an integration may read, live and through its durable consumer. */
export const integrationSubjects = (projects: readonly string[] | undefined): readonly string[] =>
  projects === undefined ? [subjects.allEvents] : projects.map((tenant) => subjects.eventsOf({ tenant }));

/** All that a user may publish to and subscribe to; everything else is refused. */
export const permissionsOf = (user: NatsUser): Permissions => {
  switch (user.role) {
    case 'control':
      return {
        publish: ['cyclone.>', '$JS.API.>', '$JS.ACK.>', '_INBOX.>'],
        subscribe: ['cyclone.>', '$JS.EVENT.ADVISORY.>', ownInbox(user.user)],
      };
    case 'runner':
      return ofRunner(user);
    case 'integration':
      return ofIntegration(user);
  }
};
