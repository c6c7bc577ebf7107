import { z } from 'zod';
import { Change } from '../build/trigger.js';
import { defineEvent, type EventOf } from '../event-definition.js';
import { BuildId, Digest, ProjectId } from '../ids.js';
import { ForgeKind } from '../project/events.js';

export const DeliveryReceived = defineEvent({
  type: 'DeliveryReceived',
  version: 1,
  stream: 'delivery',
  meaning: 'A webhook whose signature holds was taken in; its body is stored under the digest.',
  schema: z.object({
    projectId: ProjectId,
    forge: ForgeKind,
    /** The forge's own id of the delivery, or one derived from the body where it sends none. */
    forgeDeliveryId: z.string().max(200),
    kind: z.string().max(100),
    /** Without anything that is a credential. */
    headers: z.record(z.string(), z.string()),
    bodyDigest: Digest,
    bodyBytes: z.number().int().nonnegative(),
    sourceAddress: z.string().max(100).optional(),
  }),
});

export const DeliveryVerdict = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('built'), buildId: BuildId }),
  z.object({ kind: z.literal('duplicate'), buildId: BuildId }),
  /** Understood, and nothing to do: a deletion, a ping, `[skip ci]`, an event nobody builds for. */
  z.object({ kind: z.literal('filtered'), reason: z.string().max(1000) }),
  /** Signed, yet not usable: the message tells which field. */
  z.object({ kind: z.literal('unusable'), reason: z.string().max(1000) }),
]);
export type DeliveryVerdict = z.infer<typeof DeliveryVerdict>;

export const DeliveryJudged = defineEvent({
  type: 'DeliveryJudged',
  version: 1,
  stream: 'delivery',
  meaning: 'The one verdict on a delivery.',
  schema: z.object({ projectId: ProjectId, verdict: DeliveryVerdict, change: Change.optional() }),
});

export const DeliveryRedelivered = defineEvent({
  type: 'DeliveryRedelivered',
  version: 1,
  stream: 'delivery',
  meaning: 'Somebody asked to take this delivery in again; a filtered or unusable one is judged anew.',
  schema: z.object({ projectId: ProjectId }),
});

export const deliveryEvents = [DeliveryReceived, DeliveryJudged, DeliveryRedelivered] as const;
export type DeliveryEvent = EventOf<typeof deliveryEvents>;
