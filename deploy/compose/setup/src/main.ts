import { chown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '@cyclone/observability';
import type { Logger } from '@cyclone/observability';
import { loadConfig } from '@cyclone/service-host';
import { setupConfigSchema } from './config.js';
import type { SetupConfig } from './config.js';
import { prepareDatabase } from './database/prepare-database.js';
import { prepareMessages } from './messages/prepare-messages.js';
import { keepSecrets, readSecrets } from './secrets/keep-secrets.js';
import { secretFiles } from './secrets/secret-files.js';
import { writePrivately } from './secrets/write-privately.js';
import { showLogin } from './show-login.js';

const ordinaryUser = 1000;

/** Volumes of servers whose images know nothing of the user that they run as here: `mongo-data`, `mongo-data-2`... */
const dataFolder = /^[a-z]+-data(-\d+)?$/;

const makeSecrets = async ({ folder, integrations, mongo }: SetupConfig, logger: Logger): Promise<void> => {
  const names = integrations.map(({ name }) => name);
  const secrets = await keepSecrets(folder, names);
  const files = await secretFiles(secrets, { integrations, mongoMembers: mongo.members });
  for (const { recipient, name, text, owner } of files)
    await writePrivately(join(folder, recipient, name), text, owner);
  for (const name of (await readdir(folder)).filter((entry) => dataFolder.test(entry))) {
    const path = join(folder, name);
    const { uid } = await stat(path);
    if (uid !== ordinaryUser) await chown(path, ordinaryUser, ordinaryUser);
  }
  logger.info('the secrets are in their places', { files: files.length });
};

const run = async (verb: string | undefined, what: string | undefined): Promise<void> => {
  const config = loadConfig(setupConfigSchema, process.env);
  const logger = createLogger({ service: 'setup', level: config.logLevel });
  const { folder, integrations, mongo, natsUrl } = config;
  switch (verb) {
    case 'secrets':
      return await makeSecrets(config, logger);
    case 'database':
      return await prepareDatabase({ ...mongo, secrets: await readSecrets(folder), logger });
    case 'messages': {
      const { nats } = await readSecrets(folder);
      return await prepareMessages({ url: natsUrl, password: nats.setup, integrations, logger });
    }
    case 'show': {
      const shown = showLogin(await readSecrets(folder), what);
      if ('problem' in shown) throw new Error(shown.problem);
      for (const [name, value] of Object.entries(shown.login)) process.stdout.write(`${name}: ${value}\n`);
      return;
    }
    default:
      throw new Error('say what to do: secrets, database, messages or show');
  }
};

try {
  await run(process.argv[2], process.argv[3]);
} catch (error) {
  process.stderr.write(`setup: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof Error && error.cause instanceof Error) process.stderr.write(`  ${error.cause.message}\n`);
  process.exitCode = 1;
}
