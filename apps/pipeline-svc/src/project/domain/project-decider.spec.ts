import { describe, it } from '@jest/globals';
import { CredentialKey, ProjectSettings, SecretName, type ProjectEvent } from '@cyclone/contracts';
import { deciderSpec } from '@cyclone/event-store/testing';
import { projectId } from '../../testing/build-samples.js';
import { projectDecider } from './decide-project.js';

const { given } = deciderSpec(projectDecider);
const settings = ProjectSettings.parse({
  name: 'Shop',
  repository: { url: 'https://git.example.com/shop.git', forge: 'gitea' },
});
const renamed = { ...settings, name: 'Market' };
const clone = CredentialKey.parse('clone');
const token = SecretName.parse('TOKEN');
const created: ProjectEvent = { type: 'ProjectCreated', data: { projectId, settings } };
const deleted: ProjectEvent = { type: 'ProjectDeleted', data: {} };
const create = { type: 'CreateProject', projectId, settings, credentials: [] } as const;
const set = (version: number): ProjectEvent => ({ type: 'SecretSet', data: { name: token, secretVersion: version } });

describe('a project', () => {
  it('is created once, with its credentials in the same commit', () => {
    given().when(create).then(created);
    given()
      .when({ ...create, credentials: [{ key: clone, version: 1 }] })
      .then(created, { type: 'CredentialSet', data: { key: clone, credentialVersion: 1 } });
    given(created).when(create).thenRejected('project-exists');
  });
  it('may be created again after it was deleted, but repeats no version of a value', () => {
    given(created, deleted).when(create).then(created);
    const before: ProjectEvent = { type: 'CredentialSet', data: { key: clone, credentialVersion: 3 } };
    given(created, before, deleted)
      .when({ ...create, credentials: [{ key: clone, version: 3 }] })
      .thenRejected('version-used');
  });
  it('is changed by those who have seen its newest version', () => {
    const change = { type: 'ChangeProject', settings: renamed } as const;
    const changed: ProjectEvent = { type: 'ProjectChanged', data: { settings: renamed } };
    given(created).when(change).then(changed);
    given(created)
      .when({ ...change, expectedVersion: 1 })
      .then(changed);
    given(created, changed)
      .when({ ...change, expectedVersion: 1 })
      .thenRejected('project-moved-on');
  });
  it('takes nothing once it is deleted', () => {
    given(created).when({ type: 'DeleteProject' }).then(deleted);
    given(created, deleted).when({ type: 'DeleteProject' }).thenRejected('project-not-found');
    given(created, deleted).when({ type: 'SetSecret', name: token, version: 9 }).thenRejected('project-not-found');
    given().when({ type: 'RecordWebhook', outcome: 'registered' }).thenRejected('project-not-found');
  });
});

describe('secrets', () => {
  it('rise in version, also over a removal', () => {
    given(created, set(2)).when({ type: 'SetSecret', name: token, version: 3 }).then(set(3));
    given(created, set(2)).when({ type: 'SetSecret', name: token, version: 2 }).thenRejected('version-used');
    const removed: ProjectEvent = { type: 'SecretRemoved', data: { name: token } };
    given(created, set(2)).when({ type: 'RemoveSecret', name: token }).then(removed);
    given(created, set(2), removed).when({ type: 'SetSecret', name: token, version: 2 }).thenRejected('version-used');
    given(created, set(2), removed).when({ type: 'RemoveSecret', name: token }).thenRejected('secret-not-found');
  });
});
