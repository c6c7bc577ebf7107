import { integrationUser } from './secrets/integrations.js';
import type { InstallationSecrets } from './secrets/installation-secrets.js';
import { registryUser } from './secrets/secret-files.js';

/** What a person may need to type somewhere else; a text without `login` says what can be asked for. */
export const showLogin = (
  secrets: InstallationSecrets,
  what: string | undefined,
): { readonly login: Readonly<Record<string, string>> } | { readonly problem: string } => {
  if (what === 'registry') return { login: { user: registryUser, password: secrets.registry } };
  if (what === 'mongo') return { login: { user: 'root', password: secrets.mongoRoot } };
  const name = /^integration:(.+)$/.exec(what ?? '')?.[1];
  const password = name === undefined ? undefined : secrets.natsIntegrations[name];
  if (name !== undefined && password !== undefined) return { login: { user: integrationUser(name), password } };
  const choices = [
    'registry',
    'mongo',
    ...Object.keys(secrets.natsIntegrations).map((known) => `integration:${known}`),
  ];
  return { problem: `show one of: ${choices.join(', ')}` };
};
