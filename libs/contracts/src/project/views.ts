import { z } from 'zod';
import { EpochMs } from '../envelope.js';
import { ProjectId, SecretName } from '../ids.js';
import { CredentialKey, ProjectSettings } from './events.js';

export const ProjectView = z.object({
  id: ProjectId,
  settings: ProjectSettings,
  secrets: z.array(z.object({ name: SecretName, version: z.number().int().positive(), setAt: EpochMs })),
  credentials: z.array(z.object({ key: CredentialKey, version: z.number().int().positive(), setAt: EpochMs })),
  webhook: z
    .object({
      outcome: z.enum(['registered', 'failed', 'removed']),
      hookId: z.string().optional(),
      message: z.string().optional(),
    })
    .optional(),
  createdAt: EpochMs,
  changedAt: EpochMs,
  deleted: z.boolean(),
  streamVersion: z.number().int().positive(),
  position: z.number().int().nonnegative(),
});
export type ProjectView = z.infer<typeof ProjectView>;
