import type { DeliveryId, DeliveryView, ProjectId, RefusedDeliveryView } from '@cyclone/contracts';

/** What came in, newest first: derived from the deliveries' streams. `save` may repeat and come late; older versions change nothing. */
export interface DeliveryLedger {
  save(view: DeliveryView): Promise<void>;
  get(deliveryId: DeliveryId): Promise<DeliveryView | undefined>;
  list(
    projectId: ProjectId,
    page: { after?: string; limit: number },
  ): Promise<{ items: DeliveryView[]; nextCursor?: string }>;
}

/** What was turned away: the newest of each project, for a week. Nothing of the body is kept. */
export interface RefusedDeliveries {
  record(projectId: ProjectId, refused: RefusedDeliveryView): Promise<void>;
  list(projectId: ProjectId, limit: number): Promise<RefusedDeliveryView[]>;
}
