import { z } from 'zod';
import { ProjectId, SecretName } from '../ids.js';
import { CredentialKey } from '../project/events.js';
import { ProjectView } from '../project/views.js';
import {
  ChangeProjectBody,
  CreatedProject,
  CreateProjectBody,
  CredentialList,
  ProjectPage,
  SecretList,
  SecretVersionReply,
  SetSecretBody,
} from './bodies.js';
import { defineRoute } from './route.js';
import { ofProject, paging, token } from './route-parts.js';

const ofSecret = z.strictObject({ projectId: ProjectId, name: SecretName });
const ofCredential = z.strictObject({ projectId: ProjectId, key: CredentialKey });

export const projectRoutes = {
  createProject: defineRoute({
    id: 'createProject',
    method: 'POST',
    path: '/api/v1/projects',
    tag: 'Projects',
    summary:
      'Register a repository. Makes the webhook secret (shown once) and tells the forge where to send deliveries.',
    access: token('owner', 'covered'),
    body: CreateProjectBody,
    idempotencyKey: true,
    reply: { status: 201, meaning: 'Registered', schema: CreatedProject, etag: true },
  }),
  listProjects: defineRoute({
    id: 'listProjects',
    method: 'GET',
    path: '/api/v1/projects',
    tag: 'Projects',
    summary: 'The projects that the token covers.',
    access: token('viewer', 'covered'),
    query: paging,
    reply: { status: 200, meaning: 'A page', schema: ProjectPage },
  }),
  getProject: defineRoute({
    id: 'getProject',
    method: 'GET',
    path: '/api/v1/projects/{projectId}',
    tag: 'Projects',
    summary: 'One project.',
    access: token('viewer', 'project'),
    params: ofProject,
    reply: { status: 200, meaning: 'The project', schema: ProjectView, etag: true },
  }),
  changeProject: defineRoute({
    id: 'changeProject',
    method: 'PUT',
    path: '/api/v1/projects/{projectId}',
    tag: 'Projects',
    summary: 'Replace the settings. With If-Match it is refused (412) when somebody else changed them meanwhile.',
    access: token('owner', 'project'),
    params: ofProject,
    body: ChangeProjectBody,
    ifMatch: true,
    reply: { status: 200, meaning: 'Changed', schema: ProjectView, etag: true },
  }),
  deleteProject: defineRoute({
    id: 'deleteProject',
    method: 'DELETE',
    path: '/api/v1/projects/{projectId}',
    tag: 'Projects',
    summary: 'Take no more builds, and remove the webhook from the forge. History stays.',
    access: token('owner', 'project'),
    params: ofProject,
    ifMatch: true,
    reply: { status: 204, meaning: 'Deleted' },
  }),
  listSecrets: defineRoute({
    id: 'listSecrets',
    method: 'GET',
    path: '/api/v1/projects/{projectId}/secrets',
    tag: 'Secrets',
    summary: 'Names and versions; values are never shown.',
    access: token('developer', 'project'),
    params: ofProject,
    reply: { status: 200, meaning: 'All of them', schema: SecretList },
  }),
  setSecret: defineRoute({
    id: 'setSecret',
    method: 'PUT',
    path: '/api/v1/projects/{projectId}/secrets/{name}',
    tag: 'Secrets',
    summary: 'Give a secret a new value.',
    access: token('owner', 'project'),
    params: ofSecret,
    body: SetSecretBody,
    reply: { status: 200, meaning: 'Its new version', schema: SecretVersionReply },
  }),
  removeSecret: defineRoute({
    id: 'removeSecret',
    method: 'DELETE',
    path: '/api/v1/projects/{projectId}/secrets/{name}',
    tag: 'Secrets',
    summary: 'Give it to no further build.',
    access: token('owner', 'project'),
    params: ofSecret,
    reply: { status: 204, meaning: 'Removed' },
  }),
  listCredentials: defineRoute({
    id: 'listCredentials',
    method: 'GET',
    path: '/api/v1/projects/{projectId}/credentials',
    tag: 'Secrets',
    summary: 'Which credentials are set; values are never shown.',
    access: token('owner', 'project'),
    params: ofProject,
    reply: { status: 200, meaning: 'All of them', schema: CredentialList },
  }),
  setCredential: defineRoute({
    id: 'setCredential',
    method: 'PUT',
    path: '/api/v1/projects/{projectId}/credentials/{key}',
    tag: 'Secrets',
    summary: 'Give `clone`, `forge`, `webhook` or `registry:<host>` a new value.',
    access: token('owner', 'project'),
    params: ofCredential,
    body: SetSecretBody,
    reply: { status: 200, meaning: 'Its new version', schema: SecretVersionReply },
  }),
} as const;
