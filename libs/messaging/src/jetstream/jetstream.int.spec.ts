import { silentLogger } from '@cyclone/observability';
import { testNats } from '@cyclone/testing/servers';
import { contractRetryMs } from '../contract/contract-world.js';
import { messagingContract } from '../contract/messaging.contract.js';
import { connectNats } from './connect-nats.js';
import { JetStreamConsumer } from './jetstream.consumer.js';
import { JetStreamPublisher } from './jetstream.publisher.js';
import { JetStreamStreamInspector } from './jetstream.stream-inspector.js';
import { NatsSignals } from './nats.signals.js';
import { createProvisioner } from './provisioner.js';

messagingContract('JetStream', async () => {
  const nats = await testNats();
  const link = await connectNats({ url: nats.url, name: 'contract', logger: silentLogger });
  const provisioner = createProvisioner(link);
  await provisioner.streams();
  const publisher = new JetStreamPublisher({ link, provisioner });
  return {
    publisher,
    consumer: new JetStreamConsumer({ link, publisher, provisioner, retryDelay: () => contractRetryMs }),
    signals: new NatsSignals(link),
    inspector: new JetStreamStreamInspector({ link, provisioner }),
    dispose: async () => {
      await link.close();
      await nats.dispose();
    },
  };
});
