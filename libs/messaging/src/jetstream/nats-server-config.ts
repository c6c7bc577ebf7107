import { permissionsOf } from './nats-permissions.js';
import type { NatsUser } from './nats-permissions.js';

export interface NatsServerConfigOptions {
  readonly users: readonly NatsUser[];
  /** For a file that stands alone: where to listen, and where JetStream keeps its files. */
  readonly listen?: string;
  readonly storeDir?: string;
  /** Where the server's own health page listens. */
  readonly monitor?: string;
}

/** Replies (a megabyte of log in base64) and events with their headers must fit. */
const payloadBytesMax = 2 * 1024 * 1024;

const safeToken = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/;

const requireToken = (what: string, token: string): void => {
  if (!safeToken.test(token))
    throw new Error(`${what} "${token}" has other characters than letters, digits, "-" and "_"`);
};

const checkUser = (user: NatsUser): void => {
  requireToken('the NATS user', user.user);
  if (user.password.length === 0) throw new Error(`the NATS user ${user.user} has no password`);
  if (user.role === 'runner') requireToken('the pool', user.pool);
  if (user.role === 'runner' && user.runnerId !== undefined) requireToken('the runner', user.runnerId);
  if (user.role === 'integration') requireToken('the integration', user.name);
  if (user.role === 'integration') for (const project of user.projects ?? []) requireToken('the project', project);
};

// A JSON string is a string of the server's language too, whatever characters a password has.
const quote = (text: string): string => JSON.stringify(text);
const list = (items: readonly string[]): string => `[${items.map(quote).join(', ')}]`;

const userText = (user: NatsUser): string => {
  checkUser(user);
  const { publish, subscribe } = permissionsOf(user);
  return [
    '    {',
    `      user: ${quote(user.user)}`,
    `      password: ${quote(user.password)}`,
    '      permissions {',
    `        publish: { allow: ${list(publish)} }`,
    `        subscribe: { allow: ${list(subscribe)} }`,
    '      }',
    '    }',
  ].join('\n');
};

/**
 * The text of a nats-server configuration in which each role may do its work and nothing else, and nobody comes in
 * without a password. It holds the passwords: write it for its owner's eyes only (mode 0600).
 */
export const natsServerConfig = (options: NatsServerConfigOptions): string => {
  const names = options.users.map((user) => user.user);
  if (new Set(names).size < names.length) throw new Error('two NATS users have the same name');
  return [
    ...(options.listen === undefined ? [] : [`listen: ${quote(options.listen)}`]),
    ...(options.monitor === undefined ? [] : [`http: ${quote(options.monitor)}`]),
    ...(options.storeDir === undefined ? [] : [`jetstream { store_dir: ${quote(options.storeDir)} }`]),
    `max_payload: ${payloadBytesMax}`,
    'authorization {',
    '  timeout: 5',
    '  users: [',
    options.users.map(userText).join(',\n'),
    '  ]',
    '}',
    '',
  ].join('\n');
};
