import type { CredentialKey, EpochMs, ProjectEvent, ProjectId, ProjectSettings, SecretName } from '@cyclone/contracts';

export interface VersionedValue {
  readonly version: number;
  readonly setAt: EpochMs;
}

interface Known {
  readonly projectId: ProjectId;
  readonly settings: ProjectSettings;
  /** Stream version: what a caller must have read to change the project. */
  readonly version: number;
  readonly secrets: ReadonlyMap<SecretName, VersionedValue>;
  readonly credentials: ReadonlyMap<CredentialKey, VersionedValue>;
  /** Highest version that each name ever had, so that a removed and set-again secret never repeats one. */
  readonly usedVersions: ReadonlyMap<string, number>;
}

export type ProjectState =
  { readonly status: 'unknown' } | (Known & { readonly status: 'active' }) | (Known & { readonly status: 'deleted' });

export type ActiveProject = Extract<ProjectState, { status: 'active' }>;

export const initialProjectState: ProjectState = { status: 'unknown' };

export const secretVersionKey = (name: SecretName): string => `secret:${name}`;
export const credentialVersionKey = (key: CredentialKey): string => `credential:${key}`;

export type RecordedProjectEvent = ProjectEvent & { readonly streamVersion: number; readonly occurredAt: EpochMs };
