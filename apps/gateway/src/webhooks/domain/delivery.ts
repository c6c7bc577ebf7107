import type { Change, DeliveryEvent, DeliveryReceived, DeliveryVerdict, EpochMs, ProjectId } from '@cyclone/contracts';
import { accept, acceptNothing, type Decider, reject, type Rejection } from '@cyclone/event-store';
import type { z } from 'zod';

export type ReceivedData = z.output<(typeof DeliveryReceived)['schema']>;

export type DeliveryState =
  | { readonly status: 'none' }
  | {
      readonly status: 'waiting' | 'judged';
      readonly received: ReceivedData;
      readonly receivedAt: EpochMs;
      /** How often it was asked for again; a verdict belongs to one round. */
      readonly redeliveries: number;
      readonly verdict?: DeliveryVerdict;
      readonly change?: Change;
      readonly judgedAt?: EpochMs;
      readonly streamVersion: number;
    };

export type DeliveryCommand =
  | { readonly type: 'TakeDelivery'; readonly received: ReceivedData }
  | {
      readonly type: 'JudgeDelivery';
      readonly round: number;
      readonly verdict: DeliveryVerdict;
      readonly change?: Change;
    }
  | { readonly type: 'RedeliverDelivery'; readonly projectId: ProjectId };

export type DeliveryRejection = Rejection & { readonly code: 'delivery-not-found' };

const notFound = reject({ code: 'delivery-not-found', message: 'there is no such delivery' } as const);

export const deliveryDecider: Decider<DeliveryState, DeliveryCommand, DeliveryEvent, DeliveryRejection> = {
  initialState: { status: 'none' },

  decide(command, state) {
    switch (command.type) {
      case 'TakeDelivery':
        return state.status === 'none' ? accept({ type: 'DeliveryReceived', data: command.received }) : acceptNothing;
      case 'JudgeDelivery':
        if (state.status === 'none') return notFound;
        if (state.status === 'judged' || state.redeliveries !== command.round) return acceptNothing;
        return accept({
          type: 'DeliveryJudged',
          data: { projectId: state.received.projectId, verdict: command.verdict, change: command.change },
        });
      case 'RedeliverDelivery':
        if (state.status === 'none' || state.received.projectId !== command.projectId) return notFound;
        // One that waits for its verdict is being judged already.
        if (state.status === 'waiting') return acceptNothing;
        return accept({ type: 'DeliveryRedelivered', data: { projectId: command.projectId } });
    }
  },

  evolve(state, event) {
    if (event.type === 'DeliveryReceived') {
      return {
        status: 'waiting',
        received: event.data,
        receivedAt: event.occurredAt,
        redeliveries: 0,
        streamVersion: event.streamVersion,
      };
    }
    if (state.status === 'none') return state;
    switch (event.type) {
      case 'DeliveryJudged':
        return {
          ...state,
          status: 'judged',
          verdict: event.data.verdict,
          change: event.data.change,
          judgedAt: event.occurredAt,
          streamVersion: event.streamVersion,
        };
      case 'DeliveryRedelivered':
        return {
          ...state,
          status: 'waiting',
          redeliveries: state.redeliveries + 1,
          streamVersion: event.streamVersion,
        };
    }
  },
};
