import type { Change, ForgeKind } from '@cyclone/contracts';

/** Header names in lower case; a repeated header is joined by the HTTP server. */
export type Headers = Readonly<Record<string, string | undefined>>;

export type Signature =
  | { readonly kind: 'good' }
  /** The reason is for the project's owner, never for the caller. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What a delivery turns out to be once its signature holds. */
export type Reading =
  | { readonly kind: 'change'; readonly change: Change }
  /** Understood, and nothing to do. */
  | { readonly kind: 'filtered'; readonly reason: string }
  /** Signed, yet not usable: the reason names the field. */
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'ping' };

/**
 * What one kind of source host sends. Pure: the same bytes and headers read the same for ever.
 *
 * - `verify` looks at the raw bytes, before anything is parsed, in constant time. An empty secret verifies nothing.
 * - `identify` names the delivery as the forge does, so that a repetition is known as one; where the forge sends no
 *   name, the body's digest is one.
 * - `read` is called only on verified bytes, and gives a value for any bytes and headers whatever.
 * - `keptHeaders` are the only ones that are stored: none of them opens anything.
 */
export interface Forge {
  readonly kind: ForgeKind;
  readonly keptHeaders: readonly string[];
  verify(delivery: { body: Uint8Array; headers: Headers; secret: string; nowMs: number }): Signature;
  identify(delivery: { body: Uint8Array; headers: Headers }): { readonly deliveryId: string; readonly kind: string };
  read(delivery: { body: Uint8Array; headers: Headers }): Reading;
}
