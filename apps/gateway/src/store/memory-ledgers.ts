import type { DeliveryView, RefusedDeliveryView, TokenView } from '@cyclone/contracts';
import type { TokenLedger } from '../tokens/token-ledger.js';
import type { DeliveryLedger, RefusedDeliveries } from '../webhooks/delivery-ledger.js';
import { type CursorKey, pageOf, readCursor } from './cursor.js';

const newestFirst = <Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => CursorKey,
  page: { after?: string; limit: number },
) => {
  const after = page.after === undefined ? undefined : readCursor(page.after);
  const isAfter = ([at, id]: CursorKey): boolean =>
    after === undefined || at < after[0] || (at === after[0] && id < after[1]);
  const sorted = [...items]
    .filter((item) => isAfter(keyOf(item)))
    .sort((left, right) => keyOf(right)[0] - keyOf(left)[0] || (keyOf(right)[1] < keyOf(left)[1] ? -1 : 1));
  return pageOf(sorted.slice(0, page.limit + 1), page.limit, keyOf);
};

export const memoryTokenLedger = (): TokenLedger => {
  const views = new Map<string, TokenView>();
  return {
    save: (view) => {
      if (view.revokedAt !== undefined || views.get(view.id)?.revokedAt === undefined) views.set(view.id, view);
      return Promise.resolve();
    },
    list: (page) => Promise.resolve(newestFirst(views.values(), (view) => [view.issuedAt, view.id], page)),
    hasAdministrator: (now) =>
      Promise.resolve(
        [...views.values()].some(
          (view) => view.scope.role === 'admin' && view.revokedAt === undefined && view.expiresAt > now,
        ),
      ),
  };
};

export const memoryDeliveryLedger = (): DeliveryLedger => {
  const views = new Map<string, DeliveryView>();
  return {
    save: (view) => {
      const known = views.get(view.id);
      if (known === undefined || known.streamVersion < view.streamVersion) views.set(view.id, view);
      return Promise.resolve();
    },
    get: (id) => Promise.resolve(views.get(id)),
    list: (projectId, page) =>
      Promise.resolve(
        newestFirst(
          [...views.values()].filter((view) => view.projectId === projectId),
          (view) => [view.receivedAt, view.id],
          page,
        ),
      ),
  };
};

export const memoryRefusedDeliveries = (keptMax = 100): RefusedDeliveries => {
  const kept = new Map<string, RefusedDeliveryView[]>();
  return {
    record: (projectId, refused) =>
      Promise.resolve(void kept.set(projectId, [refused, ...(kept.get(projectId) ?? [])].slice(0, keptMax))),
    list: (projectId, limit) => Promise.resolve((kept.get(projectId) ?? []).slice(0, limit)),
  };
};
