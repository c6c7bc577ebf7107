import type { EpochMs, ProjectEvent, ProjectView } from '@cyclone/contracts';
import { assertNever } from '../build/domain/assert-never.js';

export type ProjectViewEvent = ProjectEvent & {
  readonly streamVersion: number;
  readonly position: number | undefined;
  readonly occurredAt: EpochMs;
};

/** One event further; what the view has seen changes nothing but a position that was not known then. */
export const foldProjectView = (view: ProjectView | undefined, event: ProjectViewEvent): ProjectView => {
  if (view !== undefined && event.streamVersion <= view.streamVersion) {
    const newer = event.streamVersion === view.streamVersion && (event.position ?? 0) > view.position;
    return newer ? { ...view, position: event.position ?? 0 } : view;
  }
  const place = { streamVersion: event.streamVersion, position: event.position ?? view?.position ?? 0 };
  if (event.type === 'ProjectCreated') {
    return {
      id: event.data.projectId,
      settings: event.data.settings,
      secrets: [],
      credentials: [],
      createdAt: event.occurredAt,
      changedAt: event.occurredAt,
      deleted: false,
      ...place,
    };
  }
  if (view === undefined) throw new Error('the stream of a project must begin with ProjectCreated');
  return { ...view, ...changes(view, event), changedAt: event.occurredAt, ...place };
};

const changes = (
  view: ProjectView,
  event: Exclude<ProjectViewEvent, Extract<ProjectEvent, { type: 'ProjectCreated' }>>,
): Partial<ProjectView> => {
  switch (event.type) {
    case 'ProjectChanged':
      return { settings: event.data.settings };
    case 'ProjectDeleted':
      return { deleted: true };
    case 'SecretSet': {
      const { name, secretVersion: version } = event.data;
      const others = view.secrets.filter((secret) => secret.name !== name);
      return { secrets: [...others, { name, version, setAt: event.occurredAt }].sort(byText((secret) => secret.name)) };
    }
    case 'SecretRemoved':
      return { secrets: view.secrets.filter((secret) => secret.name !== event.data.name) };
    case 'CredentialSet': {
      const { key, credentialVersion: version } = event.data;
      const others = view.credentials.filter((credential) => credential.key !== key);
      return {
        credentials: [...others, { key, version, setAt: event.occurredAt }].sort(
          byText((credential) => credential.key),
        ),
      };
    }
    case 'WebhookRegistered':
      return { webhook: event.data };
    default:
      return assertNever(event);
  }
};

const byText =
  <Item>(text: (item: Item) => string) =>
  (a: Item, b: Item): number =>
    text(a) < text(b) ? -1 : 1;
