import type { RepositorySettings } from '@cyclone/contracts';

export interface WantedHook {
  readonly repository: RepositorySettings;
  /** Access token of somebody who may change the repository's webhooks. */
  readonly token: string;
  readonly url: string;
  readonly secret: string;
}

/**
 * What Cyclone asks of a forge about webhooks.
 *
 * - `ensureHook` may repeat: a hook to the same address is brought up to date, never doubled.
 * - `removeHook` of one that is gone is done.
 * - Both throw {@link ForgeApiError}; the message is for the project's owner and holds no token.
 */
export interface ForgeApi {
  ensureHook(wanted: WantedHook): Promise<{ readonly hookId: string }>;
  removeHook(hook: Omit<WantedHook, 'url' | 'secret'> & { readonly hookId: string }): Promise<void>;
}

/** Thrown when the forge refused or could not be reached. */
export class ForgeApiError extends Error {
  readonly code = 'forge-api';
  constructor(
    message: string,
    readonly retriable: boolean,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
