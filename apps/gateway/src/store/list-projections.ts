import { deliveryEvents, tokenEvents, type DeliveryEvent, type TokenEvent } from '@cyclone/contracts';
import type { StreamProjection, ViewedEvent } from '@cyclone/event-store';
import { tokenDecider, type TokenState } from '../tokens/domain/token.js';
import { deliveryDecider, type DeliveryState } from '../webhooks/domain/delivery.js';

type Placed<Event> = Event & Pick<ViewedEvent, 'streamVersion' | 'occurredAt'>;

const deliveryTypes: ReadonlySet<string> = new Set(deliveryEvents.map(({ type }) => type));
const tokenTypes: ReadonlySet<string> = new Set(tokenEvents.map(({ type }) => type));

/** The store has parsed an event's data by the schema of its type: knowing the type is knowing the data. */
const isDeliveryEvent = (event: ViewedEvent): event is ViewedEvent & Placed<DeliveryEvent> =>
  deliveryTypes.has(event.type);
const isTokenEvent = (event: ViewedEvent): event is ViewedEvent & Placed<TokenEvent> => tokenTypes.has(event.type);

/** What the list of deliveries is made of. */
export const deliveryListProjection: StreamProjection<DeliveryState> = {
  name: 'gateway-deliveries',
  kind: 'delivery',
  evolve: (state = deliveryDecider.initialState, event) => {
    if (!isDeliveryEvent(event)) throw new Error(`a delivery's stream holds no ${event.type}`);
    return deliveryDecider.evolve(state, event);
  },
};

/** What the list of tokens is made of. */
export const tokenListProjection: StreamProjection<TokenState> = {
  name: 'gateway-tokens',
  kind: 'token',
  evolve: (state = tokenDecider.initialState, event) => {
    if (!isTokenEvent(event)) throw new Error(`a token's stream holds no ${event.type}`);
    return tokenDecider.evolve(state, event);
  },
};
