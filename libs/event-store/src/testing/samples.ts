import { randomUUID } from 'node:crypto';
import { CommandId, ProjectId, SecretName, type StreamRef } from '@cyclone/contracts';
import type { Append, NewEvent } from '../event-store.js';

/** A small valid event of project streams. */
export const secretSet = (secretVersion: number, name = 'TOKEN'): NewEvent => ({
  type: 'SecretSet',
  data: { name: SecretName.parse(name), secretVersion },
});

/** One of any size: the description carries the bytes. */
export const projectCreated = (id: string, description = ''): NewEvent => ({
  type: 'ProjectCreated',
  data: {
    projectId: ProjectId.parse(id),
    settings: {
      name: id,
      description,
      repository: { url: `https://git.example.com/${id}.git`, forge: 'generic' },
      registries: [],
      mail: [],
      timeoutMs: 60_000,
    },
  },
});

export const aProject = (id = `p-${randomUUID().slice(0, 13)}`): StreamRef => ({ kind: 'project', id });

export const commandId = (text: string): CommandId => CommandId.parse(text);

export const anAppend = (stream: StreamRef, changes: Partial<Append> = {}): Append => ({
  stream,
  expectedVersion: 0,
  commandId: commandId(randomUUID()),
  tenant: stream.id,
  actor: { kind: 'system', id: 'spec' },
  trace: { correlationId: 'spec' },
  occurredAt: 1_700_000_000_000,
  events: [secretSet(1)],
  ...changes,
});
