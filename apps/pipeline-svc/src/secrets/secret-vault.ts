import type { CredentialKey, ProjectId, SecretName } from '@cyclone/contracts';

/** What a value is of: a secret that steps may name, or a credential that Cyclone itself uses. */
export type VaultEntry =
  | { readonly projectId: ProjectId; readonly kind: 'secret'; readonly name: SecretName }
  | { readonly projectId: ProjectId; readonly kind: 'credential'; readonly name: CredentialKey };

/**
 * Values that no event, log or answer may hold. Each is kept under its entry and version for ever, so that a build
 * sees the version of its request whatever is changed later.
 *
 * - `store` keeps a value under a version above `aboveVersion` and above every version the entry ever had, and gives
 *   that version. It is called before the event that names the version: a value that no event names is never read.
 * - `read` gives undefined for a version that was never stored, and throws {@link DamagedSecretError} when the stored
 *   bytes are not those that were written for exactly this entry and version.
 */
export interface SecretVault {
  store(entry: VaultEntry, aboveVersion: number, value: string): Promise<number>;
  read(entry: VaultEntry, version: number): Promise<string | undefined>;
}

/** Thrown when a stored value cannot be opened: another master key, or bytes that were altered or moved. */
export class DamagedSecretError extends Error {
  readonly code = 'damaged-secret';
  readonly retriable = false;
  constructor(entry: VaultEntry, version: number, options: { cause: unknown }) {
    super(
      `version ${version} of ${entry.kind} ${entry.name} of ${entry.projectId} cannot be opened with this master key`,
      options,
    );
  }
}
