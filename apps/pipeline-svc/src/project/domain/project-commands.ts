import type { CredentialKey, ProjectId, ProjectSettings, SecretName } from '@cyclone/contracts';

export type ProjectCommand =
  | {
      readonly type: 'CreateProject';
      readonly projectId: ProjectId;
      readonly settings: ProjectSettings;
      readonly credentials: readonly CredentialVersion[];
    }
  | {
      readonly type: 'ChangeProject';
      readonly settings: ProjectSettings;
      readonly expectedVersion?: number | undefined;
    }
  | { readonly type: 'DeleteProject'; readonly expectedVersion?: number | undefined }
  /** The value is in the vault under this version already: an event never names what is not stored. */
  | { readonly type: 'SetSecret'; readonly name: SecretName; readonly version: number }
  | { readonly type: 'RemoveSecret'; readonly name: SecretName }
  | ({ readonly type: 'SetCredential' } & CredentialVersion)
  | {
      readonly type: 'RecordWebhook';
      readonly outcome: 'registered' | 'failed' | 'removed';
      readonly hookId?: string | undefined;
      readonly message?: string | undefined;
    };

export interface CredentialVersion {
  readonly key: CredentialKey;
  readonly version: number;
}
