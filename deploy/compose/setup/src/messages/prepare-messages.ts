import { integrationConsumer } from '@cyclone/contracts';
import { connectNats, createProvisioner, integrationSubjects } from '@cyclone/messaging/jetstream';
import type { Logger } from '@cyclone/observability';
import type { Integration } from '../secrets/integrations.js';

export interface MessagesPreparation {
  readonly url: string;
  readonly password: string;
  readonly integrations: readonly Integration[];
  readonly logger: Logger;
}

/** Streams, and for each integration its own place in the events: it may take from there, but not make one. */
export const prepareMessages = async (preparation: MessagesPreparation): Promise<void> => {
  const { url, password, integrations, logger } = preparation;
  const link = await connectNats({ url, user: 'setup', password, name: 'setup', logger });
  try {
    const provisioner = createProvisioner(link);
    await provisioner.streams();
    for (const { name, projects } of integrations) {
      await provisioner.consumer(integrationConsumer(name), integrationSubjects(projects));
    }
    logger.info('NATS is prepared', { integrations: integrations.map(({ name }) => name) });
  } finally {
    await link.close();
  }
};
