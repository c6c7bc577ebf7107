import { describe, it } from '@jest/globals';
import { BuildId, type DeliveryEvent, type DeliveryVerdict, ProjectId } from '@cyclone/contracts';
import { deciderSpec } from '@cyclone/event-store/testing';
import { deliveryDecider, type ReceivedData } from './delivery.js';

const shop = ProjectId.parse('shop');
const received: ReceivedData = {
  projectId: shop,
  forge: 'github',
  forgeDeliveryId: 'd1',
  kind: 'push',
  headers: {},
  bodyDigest: `sha256:${'a'.repeat(64)}`,
  bodyBytes: 2,
};
const verdict: DeliveryVerdict = { kind: 'built', buildId: BuildId.parse('b1') };
const taken: DeliveryEvent = { type: 'DeliveryReceived', data: received };
const judged: DeliveryEvent = { type: 'DeliveryJudged', data: { projectId: shop, verdict, change: undefined } };
const redelivered: DeliveryEvent = { type: 'DeliveryRedelivered', data: { projectId: shop } };
const { given } = deciderSpec(deliveryDecider);

describe('a delivery', () => {
  it('is taken once', () => {
    given().when({ type: 'TakeDelivery', received }).then(taken);
    given(taken).when({ type: 'TakeDelivery', received }).thenNothing();
  });
  it('gets one verdict a round', () => {
    given(taken).when({ type: 'JudgeDelivery', round: 0, verdict }).then(judged);
    given(taken, judged).when({ type: 'JudgeDelivery', round: 0, verdict }).thenNothing();
    given(taken, judged, redelivered).when({ type: 'JudgeDelivery', round: 0, verdict }).thenNothing();
    given(taken, judged, redelivered).when({ type: 'JudgeDelivery', round: 1, verdict }).then(judged);
  });
  it('is judged anew only after it was judged, and only for its own project', () => {
    given(taken).when({ type: 'RedeliverDelivery', projectId: shop }).thenNothing();
    given(taken, judged).when({ type: 'RedeliverDelivery', projectId: shop }).then(redelivered);
    given(taken, judged)
      .when({ type: 'RedeliverDelivery', projectId: ProjectId.parse('bank') })
      .thenRejected('delivery-not-found');
    given().when({ type: 'RedeliverDelivery', projectId: shop }).thenRejected('delivery-not-found');
  });
  it('that never came is not judged', () =>
    given().when({ type: 'JudgeDelivery', round: 0, verdict }).thenRejected('delivery-not-found'));
});
