import { z } from 'zod';

/**
 * Every id is a safe NATS subject token and a safe path segment: no dots, no wildcards, no spaces.
 * 63 characters at most, so that a stream id with its kind stays short in every index.
 */
const idPattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?$/;
const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

const id = <Brand extends string>(brand: Brand) =>
  z
    .string()
    .regex(idPattern, 'an id has 1 to 63 letters, digits, "-" or "_", and starts and ends with a letter or digit')
    .brand(brand);

/** A project's id is the name its owner chose: lower case, unique in the installation, for ever. */
export const ProjectId = z
  .string()
  .regex(
    slugPattern,
    'a project id has 1 to 63 lower-case letters, digits or "-", and starts and ends with a letter or digit',
  )
  .brand('ProjectId');
export type ProjectId = z.infer<typeof ProjectId>;

export const BuildId = id('BuildId');
export type BuildId = z.infer<typeof BuildId>;

/** Unique within a build. */
export const JobId = id('JobId');
export type JobId = z.infer<typeof JobId>;

/** Unique within a build (not only within its job), so that a log can be named by build and step. */
export const StepId = id('StepId');
export type StepId = z.infer<typeof StepId>;

export const ServiceId = id('ServiceId');
export type ServiceId = z.infer<typeof ServiceId>;

export const RunnerId = id('RunnerId');
export type RunnerId = z.infer<typeof RunnerId>;

export const DeliveryId = id('DeliveryId');
export type DeliveryId = z.infer<typeof DeliveryId>;

export const TokenId = id('TokenId');
export type TokenId = z.infer<typeof TokenId>;

export const EventId = id('EventId');
export type EventId = z.infer<typeof EventId>;

/** Names one intent for ever: the same command id is carried out once per stream. */
export const CommandId = z.string().min(1).max(200).brand('CommandId');
export type CommandId = z.infer<typeof CommandId>;

/** `sha256:` and 64 hex digits: names bytes that are stored elsewhere (plans, webhook bodies, image manifests). */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export type Digest = z.infer<typeof Digest>;

export const CommitSha = z
  .string()
  .regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/, 'a commit is 40 or 64 lower-case hex digits');
export type CommitSha = z.infer<typeof CommitSha>;

/** The environment-variable form that secrets and variables share. */
export const SecretName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'a secret name looks like a variable: letters, digits, "_"');
export type SecretName = z.infer<typeof SecretName>;
