import type { CredentialKey, ProjectEvent, ProjectId, ProjectSettings, SecretName } from '@cyclone/contracts';
import { createCommandHandler, type CommandHandler, type EventStore } from '@cyclone/event-store';
import type { Origin } from '../build/builds.js';
import type { Clock } from '../clock.js';
import { isProjectEvent } from '../recorded-events.js';
import type { RefusalError } from '@cyclone/messaging/nest';
import { refuse } from '../refusals.js';
import type { SecretVault, VaultEntry } from '../secrets/secret-vault.js';
import { projectDecider, type ProjectRejection } from './domain/decide-project.js';
import type { CredentialVersion, ProjectCommand } from './domain/project-commands.js';
import {
  credentialVersionKey,
  secretVersionKey,
  type ActiveProject,
  type ProjectState,
} from './domain/project-state.js';

const storeAttemptsMax = 5;

export type KnownProject = Exclude<ProjectState, { status: 'unknown' }>;

export const projectNotFound = (projectId: ProjectId): RefusalError =>
  refuse({ code: 'project-not-found', message: `there is no project ${projectId}` });

/** The projects' streams, and their secrets: a value is in the vault before the event that names its version. */
export class Projects {
  readonly #handler: CommandHandler<ProjectState, ProjectCommand, ProjectRejection>;

  constructor(
    store: EventStore,
    private readonly vault: SecretVault,
    private readonly now: Clock,
  ) {
    this.#handler = createCommandHandler<ProjectState, ProjectCommand, ProjectEvent, ProjectRejection>({
      store,
      kind: 'project',
      decider: projectDecider,
    });
  }

  async active(projectId: ProjectId): Promise<ActiveProject> {
    const project = await this.known(projectId);
    if (project?.status !== 'active') throw projectNotFound(projectId);
    return project;
  }

  /** Also a deleted one: its builds still end. */
  async known(projectId: ProjectId): Promise<KnownProject | undefined> {
    const { state } = await this.#handler.load(projectId);
    return state.status === 'unknown' ? undefined : state;
  }

  async create(
    projectId: ProjectId,
    settings: ProjectSettings,
    credentials: ReadonlyMap<CredentialKey, string>,
    origin: Origin,
  ): Promise<void> {
    await this.#withStoredValues(async () => {
      const versions: CredentialVersion[] = [];
      for (const [key, value] of credentials) {
        versions.push({ key, version: await this.#keep({ projectId, kind: 'credential', name: key }, value) });
      }
      return this.#decide(projectId, { type: 'CreateProject', projectId, settings, credentials: versions }, origin);
    });
  }

  async setSecret(projectId: ProjectId, name: SecretName, value: string, origin: Origin): Promise<number> {
    await this.active(projectId);
    const events = await this.#withStoredValues(async () => {
      const version = await this.#keep({ projectId, kind: 'secret', name }, value);
      return this.#decide(projectId, { type: 'SetSecret', name, version }, origin);
    });
    const set = events.find((event) => event.type === 'SecretSet');
    if (set === undefined) throw new Error('a secret was set without an event');
    return set.data.secretVersion;
  }

  async setCredential(projectId: ProjectId, key: CredentialKey, value: string, origin: Origin): Promise<number> {
    await this.active(projectId);
    const events = await this.#withStoredValues(async () => {
      const version = await this.#keep({ projectId, kind: 'credential', name: key }, value);
      return this.#decide(projectId, { type: 'SetCredential', key, version }, origin);
    });
    const set = events.find((event) => event.type === 'CredentialSet');
    if (set === undefined) throw new Error('a credential was set without an event');
    return set.data.credentialVersion;
  }

  async readCredential(
    projectId: ProjectId,
    key: CredentialKey,
  ): Promise<{ value: string; version: number } | undefined> {
    const project = await this.known(projectId);
    return project === undefined ? undefined : this.credentialOf(project, key);
  }

  /** For whoever has read the project already. */
  async credentialOf(
    project: KnownProject,
    key: CredentialKey,
  ): Promise<{ value: string; version: number } | undefined> {
    const { projectId } = project;
    const version = project.credentials.get(key)?.version;
    if (version === undefined) return undefined;
    const value = await this.vault.read({ projectId, kind: 'credential', name: key }, version);
    return value === undefined ? undefined : { value, version };
  }

  readSecret(projectId: ProjectId, name: SecretName, version: number): Promise<string | undefined> {
    return this.vault.read({ projectId, kind: 'secret', name }, version);
  }

  async carryOut(projectId: ProjectId, command: ProjectCommand, origin: Origin): Promise<void> {
    const decided = await this.#decide(projectId, command, origin);
    if (!('length' in decided)) throw refuse(decided);
  }

  /** Stores values and decides; again under later versions when somebody else was faster. */
  async #withStoredValues(
    attempt: () => Promise<readonly ProjectEvent[] | ProjectRejection>,
  ): Promise<readonly ProjectEvent[]> {
    for (let tried = 1; ; tried += 1) {
      const decided = await attempt();
      if ('length' in decided) return decided;
      if (decided.code !== 'version-used') throw refuse(decided);
      if (tried === storeAttemptsMax)
        throw refuse({ code: 'project-changing', message: 'the value is being set by others; try again' });
    }
  }

  async #keep(entry: VaultEntry, value: string): Promise<number> {
    const state = await this.known(entry.projectId);
    const key = entry.kind === 'secret' ? secretVersionKey(entry.name) : credentialVersionKey(entry.name);
    return this.vault.store(entry, state?.usedVersions.get(key) ?? 0, value);
  }

  async #decide(
    projectId: ProjectId,
    command: ProjectCommand,
    origin: Origin,
  ): Promise<readonly ProjectEvent[] | ProjectRejection> {
    const handled = await this.#handler.handle({
      id: projectId,
      command,
      tenant: projectId,
      occurredAt: this.now(),
      ...origin,
    });
    return handled.kind === 'rejected' ? handled.rejection : handled.events.filter(isProjectEvent);
  }
}
