import { pipelineAsks, type ProjectId } from '@cyclone/contracts';
import { type Asks, refusalOf } from '../asks.js';

const rememberMs = 30_000;
const rememberedMax = 5_000;

export interface WebhookSecrets {
  /** Undefined where there is no such project, or none that takes deliveries. */
  of(projectId: ProjectId): Promise<string | undefined>;
  forget(projectId: string): void;
}

/** Remembered for a while in memory, since a push at many projects at once must not ask for each delivery. */
export const createWebhookSecrets = (asks: Asks, now: () => number): WebhookSecrets => {
  const remembered = new Map<string, { secret: string; until: number }>();
  return {
    of: async (projectId) => {
      const known = remembered.get(projectId);
      if (known !== undefined && now() < known.until) return known.secret;
      const { value } = await asks
        .ask(pipelineAsks.readCredential, { projectId, key: 'webhook' })
        .catch((error: unknown) => {
          if (refusalOf(error)?.kind === 'not-found') return { value: undefined };
          throw error;
        });
      if (value === undefined) return undefined;
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.set(projectId, { secret: value, until: now() + rememberMs });
      return value;
    },
    forget: (projectId) => void remembered.delete(projectId),
  };
};
