import { readFileSync } from 'node:fs';

export interface Config {
  readonly servers: string;
  readonly user: string;
  readonly password: string;
  /** As the administrator named it: the account's name without its prefix. */
  readonly integration: string;
  readonly positionFile: string;
}

const userPrefix = 'integration-';

/** NATS_URL, NATS_USER, NATS_PASSWORD or NATS_PASSWORD_FILE, POSITION_FILE. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const user = env.NATS_USER ?? '';
  const passwordFile = env.NATS_PASSWORD_FILE;
  const password = passwordFile === undefined ? env.NATS_PASSWORD : readFileSync(passwordFile, 'utf8').trim();
  if (!user.startsWith(userPrefix)) throw new Error(`NATS_USER must be an integration's account: ${userPrefix}<name>`);
  if (password === undefined || password === '') throw new Error('NATS_PASSWORD or NATS_PASSWORD_FILE is missing');
  return {
    servers: env.NATS_URL ?? 'nats://127.0.0.1:4222',
    user,
    password,
    integration: user.slice(userPrefix.length),
    positionFile: env.POSITION_FILE ?? 'position.json',
  };
}
