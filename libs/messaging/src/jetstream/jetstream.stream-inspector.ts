import { jetstreamManager } from '@nats-io/jetstream';
import type { StreamInfo } from '@nats-io/jetstream';
import { streams } from '@cyclone/contracts';
import { BrokerUnavailableError } from '../errors.js';
import type { StreamInspector, StreamState } from '../stream-inspector.js';
import { isStreamMissing } from './api-errors.js';
import type { NatsLink } from './nats-link.js';
import type { Provisioner } from './provisioner.js';

export class JetStreamStreamInspector implements StreamInspector {
  constructor(private readonly options: { readonly link: NatsLink; readonly provisioner: Provisioner }) {}

  async inspect(stream: keyof typeof streams): Promise<StreamState> {
    const { created, state } = await this.#info(streams[stream].name);
    const isEmpty = state.messages === 0 && state.last_seq === 0;
    return {
      createdAt: Date.parse(created),
      firstSequence: isEmpty ? 0 : state.first_seq,
      lastSequence: state.last_seq,
    };
  }

  async #info(name: string): Promise<StreamInfo> {
    const { link, provisioner } = this.options;
    if (!link.isConnected()) throw new BrokerUnavailableError('not connected to NATS');
    try {
      const manager = await jetstreamManager(link.connection, { checkAPI: false });
      try {
        return await manager.streams.info(name);
      } catch (error) {
        if (!isStreamMissing(error)) throw error;
        await provisioner.streams();
        return await manager.streams.info(name);
      }
    } catch (error) {
      throw new BrokerUnavailableError(`the state of stream ${name} is unknown`, { cause: error });
    }
  }
}
