import type { ProjectEvent } from '@cyclone/contracts';
import {
  credentialVersionKey,
  secretVersionKey,
  type ProjectState,
  type RecordedProjectEvent,
} from './project-state.js';

export const evolveProject = (state: ProjectState, event: RecordedProjectEvent): ProjectState => {
  if (event.type === 'ProjectCreated') {
    return {
      status: 'active',
      projectId: event.data.projectId,
      settings: event.data.settings,
      version: event.streamVersion,
      secrets: new Map(),
      credentials: new Map(),
      usedVersions: state.status === 'unknown' ? new Map() : state.usedVersions,
    };
  }
  if (state.status === 'unknown') throw new Error('the stream of a project must begin with ProjectCreated');
  return { ...changed(state, event), version: event.streamVersion };
};

type KnownProject = Exclude<ProjectState, { status: 'unknown' }>;

const changed = (
  state: KnownProject,
  event: Exclude<RecordedProjectEvent, Extract<ProjectEvent, { type: 'ProjectCreated' }>>,
): KnownProject => {
  switch (event.type) {
    case 'ProjectChanged':
      return { ...state, settings: event.data.settings };
    case 'ProjectDeleted':
      return { ...state, status: 'deleted' };
    case 'SecretSet': {
      const { name, secretVersion: version } = event.data;
      return {
        ...state,
        secrets: new Map(state.secrets).set(name, { version, setAt: event.occurredAt }),
        usedVersions: new Map(state.usedVersions).set(secretVersionKey(name), version),
      };
    }
    case 'SecretRemoved': {
      const secrets = new Map(state.secrets);
      secrets.delete(event.data.name);
      return { ...state, secrets };
    }
    case 'CredentialSet': {
      const { key, credentialVersion: version } = event.data;
      return {
        ...state,
        credentials: new Map(state.credentials).set(key, { version, setAt: event.occurredAt }),
        usedVersions: new Map(state.usedVersions).set(credentialVersionKey(key), version),
      };
    }
    case 'WebhookRegistered':
      return state;
  }
};
