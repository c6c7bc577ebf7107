import type { ProjectEvent } from '@cyclone/contracts';
import { accept, reject, type Decider, type Decision, type Rejection } from '@cyclone/event-store';
import { evolveProject } from './evolve-project.js';
import type { CredentialVersion, ProjectCommand } from './project-commands.js';
import {
  credentialVersionKey,
  initialProjectState,
  secretVersionKey,
  type ActiveProject,
  type ProjectState,
} from './project-state.js';

export type ProjectRejection = Rejection & {
  readonly code: 'project-exists' | 'project-not-found' | 'project-moved-on' | 'secret-not-found' | 'version-used';
};

type ProjectDecision = Decision<ProjectEvent, ProjectRejection>;

const projectNotFound: ProjectRejection = { code: 'project-not-found', message: 'there is no such project' };

/** A version that was used before is the sign of a race: the caller stores the value under a later one and tries again. */
const versionUsed: ProjectRejection = { code: 'version-used', message: 'this version of the value is taken' };

export const decideProject = (command: ProjectCommand, state: ProjectState): ProjectDecision => {
  if (command.type === 'CreateProject') return createProject(command, state);
  if (state.status !== 'active') return reject(projectNotFound);
  switch (command.type) {
    case 'ChangeProject':
      return (
        movedOn(command.expectedVersion, state) ??
        accept({ type: 'ProjectChanged', data: { settings: command.settings } })
      );
    case 'DeleteProject':
      return movedOn(command.expectedVersion, state) ?? accept({ type: 'ProjectDeleted', data: {} });
    case 'SetSecret':
      if (command.version <= (state.usedVersions.get(secretVersionKey(command.name)) ?? 0)) return reject(versionUsed);
      return accept({ type: 'SecretSet', data: { name: command.name, secretVersion: command.version } });
    case 'RemoveSecret':
      if (!state.secrets.has(command.name)) {
        return reject({ code: 'secret-not-found', message: `the project has no secret ${command.name}` });
      }
      return accept({ type: 'SecretRemoved', data: { name: command.name } });
    case 'SetCredential':
      if (!isFresh(command, state.usedVersions)) return reject(versionUsed);
      return accept(credentialSet(command));
    case 'RecordWebhook':
      return recordWebhook(command);
  }
};

const createProject = (
  command: Extract<ProjectCommand, { type: 'CreateProject' }>,
  state: ProjectState,
): ProjectDecision => {
  if (state.status === 'active') {
    return reject({ code: 'project-exists', message: `the name ${command.projectId} is taken` });
  }
  const used = state.status === 'deleted' ? state.usedVersions : new Map<string, number>();
  if (command.credentials.some((credential) => !isFresh(credential, used))) return reject(versionUsed);
  return accept(
    { type: 'ProjectCreated', data: { projectId: command.projectId, settings: command.settings } },
    ...command.credentials.map(credentialSet),
  );
};

const isFresh = (credential: CredentialVersion, used: ReadonlyMap<string, number>): boolean =>
  credential.version > (used.get(credentialVersionKey(credential.key)) ?? 0);

const credentialSet = ({ key, version }: CredentialVersion): ProjectEvent => ({
  type: 'CredentialSet',
  data: { key, credentialVersion: version },
});

const movedOn = (expectedVersion: number | undefined, state: ActiveProject): ProjectDecision | undefined =>
  expectedVersion === undefined || expectedVersion === state.version
    ? undefined
    : reject({
        code: 'project-moved-on',
        message: `the project is at version ${state.version}, not ${expectedVersion}: read it again, then change it`,
      });

const recordWebhook = ({
  outcome,
  hookId,
  message,
}: Extract<ProjectCommand, { type: 'RecordWebhook' }>): ProjectDecision =>
  accept({
    type: 'WebhookRegistered',
    data: { outcome, ...(hookId === undefined ? {} : { hookId }), ...(message === undefined ? {} : { message }) },
  });

export const projectDecider: Decider<ProjectState, ProjectCommand, ProjectEvent, ProjectRejection> = {
  initialState: initialProjectState,
  decide: decideProject,
  evolve: evolveProject,
};
