import type { DeliveryId, DeliveryView } from '@cyclone/contracts';
import type { DeliveryState } from './delivery.js';

/** A delivery's row in the list: derived from its stream, and from nothing else. */
export const deliveryViewOf = (id: DeliveryId, state: DeliveryState): DeliveryView | undefined =>
  state.status === 'none'
    ? undefined
    : {
        id,
        projectId: state.received.projectId,
        forge: state.received.forge,
        forgeDeliveryId: state.received.forgeDeliveryId,
        kind: state.received.kind,
        bodyDigest: state.received.bodyDigest,
        bodyBytes: state.received.bodyBytes,
        sourceAddress: state.received.sourceAddress,
        receivedAt: state.receivedAt,
        verdict: state.status === 'judged' ? state.verdict : undefined,
        judgedAt: state.status === 'judged' ? state.judgedAt : undefined,
        change: state.change,
        redeliveries: state.redeliveries,
        streamVersion: state.streamVersion,
      };
