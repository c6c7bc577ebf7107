import { z } from 'zod';
import { defineEvent, type EventOf } from '../event-definition.js';
import { ProjectId, SecretName } from '../ids.js';

export const ForgeKind = z.enum(['github', 'gitlab', 'gitea', 'gogs', 'generic', 'bare']);
export type ForgeKind = z.infer<typeof ForgeKind>;

export const RepositorySettings = z.object({
  /** https, http or ssh address; a folder on this machine only where an administrator allows it. */
  url: z.string().min(1).max(2000),
  forge: ForgeKind,
  /** Base address of the forge's API, where it is not the well-known one. */
  apiUrl: z.string().max(2000).optional(),
  /** Name of the account; its password is a credential of the project, never here. */
  cloneUsername: z.string().max(200).optional(),
});
export type RepositorySettings = z.infer<typeof RepositorySettings>;

/** When to write to whom. `change`: the outcome differs from the same branch's build before. */
export const MailRule = z.object({
  when: z.enum(['always', 'failure', 'change']),
  recipients: z
    .array(
      z
        .string()
        .max(320)
        .regex(/^[^\s@<>"',;]+@[^\s@<>"',;]+$/, 'not a mail address'),
    )
    .min(1)
    .max(50),
});
export type MailRule = z.infer<typeof MailRule>;

export const RegistrySettings = z.object({
  host: z.string().min(1).max(300),
  username: z.string().max(200).optional(),
});
export type RegistrySettings = z.infer<typeof RegistrySettings>;

export const ProjectSettings = z.object({
  name: z.string().min(1).max(100),
  description: z.string().max(2000).default(''),
  repository: RepositorySettings,
  pipelineFile: z.string().max(500).optional(),
  /** Where images go when the file names no registry: `registry.example.com/team/app`. */
  imageRepository: z.string().max(500).optional(),
  registries: z.array(RegistrySettings).max(20).default([]),
  mail: z.array(MailRule).max(20).default([]),
  timeoutMs: z.number().int().positive().max(86_400_000).default(7_200_000),
});
export type ProjectSettings = z.infer<typeof ProjectSettings>;

/** Credentials are secrets with a fixed role: `clone`, `forge`, `webhook`, or `registry:<host>`. */
export const CredentialKey = z.string().regex(/^(?:clone|forge|webhook|registry:[^\s]{1,300})$/);
export type CredentialKey = z.infer<typeof CredentialKey>;

export const ProjectCreated = defineEvent({
  type: 'ProjectCreated',
  version: 1,
  stream: 'project',
  meaning: 'A repository was registered.',
  schema: z.object({ projectId: ProjectId, settings: ProjectSettings }),
});
export const ProjectChanged = defineEvent({
  type: 'ProjectChanged',
  version: 1,
  stream: 'project',
  meaning: "The project's settings were replaced by these.",
  schema: z.object({ settings: ProjectSettings }),
});
export const ProjectDeleted = defineEvent({
  type: 'ProjectDeleted',
  version: 1,
  stream: 'project',
  meaning: 'The project takes no more builds; its history stays.',
  schema: z.object({}),
});
export const SecretSet = defineEvent({
  type: 'SecretSet',
  version: 1,
  stream: 'project',
  meaning: 'A secret got a new value; the value itself is only in the encrypted store.',
  schema: z.object({ name: SecretName, secretVersion: z.number().int().positive() }),
});
export const SecretRemoved = defineEvent({
  type: 'SecretRemoved',
  version: 1,
  stream: 'project',
  meaning: 'A secret is given to no further build.',
  schema: z.object({ name: SecretName }),
});
export const CredentialSet = defineEvent({
  type: 'CredentialSet',
  version: 1,
  stream: 'project',
  meaning: 'A credential that Cyclone itself uses (clone, forge, webhook, registry) got a new value.',
  schema: z.object({ key: CredentialKey, credentialVersion: z.number().int().positive() }),
});
export const WebhookRegistered = defineEvent({
  type: 'WebhookRegistered',
  version: 1,
  stream: 'project',
  meaning: 'The forge was told where to send deliveries, or refused to be told.',
  schema: z.object({
    outcome: z.enum(['registered', 'failed', 'removed']),
    hookId: z.string().max(200).optional(),
    message: z.string().max(2000).optional(),
  }),
});

export const projectEvents = [
  ProjectCreated,
  ProjectChanged,
  ProjectDeleted,
  SecretSet,
  SecretRemoved,
  CredentialSet,
  WebhookRegistered,
] as const;
export type ProjectEvent = EventOf<typeof projectEvents>;
