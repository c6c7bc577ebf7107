import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { logLevels, type LogLevel } from '@cyclone/observability';
import { Option, type Command } from 'commander';
import { storeContext } from '../client/context.js';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { formatDuration, paint } from '../output/terminal.js';
import { startPlatform, type Platform } from '../up/platform.js';
import type { CommandContext } from './command-context.js';

interface UpFlags {
  readonly data?: string;
  readonly port: string;
  readonly processes?: boolean;
  readonly executor: 'docker' | 'scripted';
  readonly slots: string;
  readonly logLevel: LogLevel;
  readonly smtp?: string;
  readonly mailFrom?: string;
  readonly allow?: string[];
}

export function addUpCommand(program: Command, context: CommandContext): void {
  program
    .command('up')
    .summary('start the whole platform on this machine')
    .description(
      'Starts MongoDB and NATS where no CYCLONE_MONGO_URL or CYCLONE_NATS_URL names them, then every service.\n' +
        "The first start prints an administrator's token, once. Ctrl-C stops everything; all data stays.",
    )
    .option('--data <folder>', 'where everything is kept (default: the state folder of your account)')
    .option('--port <number>', 'where the API listens, on loopback', '7099')
    .option('--processes', 'each service in a process of its own')
    .addOption(new Option('--executor <kind>', 'what runs the steps').choices(['docker', 'scripted']).default('docker'))
    .option('--slots <number>', 'how many jobs run at once', '4')
    .addOption(new Option('--log-level <level>', 'of the services').choices([...logLevels]).default('warn'))
    .option('--smtp <url>', 'mail server, for example smtp://user:password@mail.example.com:587')
    .option('--mail-from <address>', 'sender of mails')
    .option('--allow <host-or-folder...>', 'inside hosts and local folders that may be cloned from and told')
    .action((flags: UpFlags) => up(context, flags));
}

async function up(context: CommandContext, flags: UpFlags): Promise<void> {
  const begun = performance.now();
  const dataDir = resolve(flags.data ?? defaultDataDir(context.environment));
  context.notes.line(`starting Cyclone; its data is in ${dataDir}`);
  const platform = await startPlatform({
    dataDir,
    port: number(flags.port, 'port', 65_535),
    environment: context.environment,
    asProcesses: flags.processes === true,
    executor: flags.executor,
    slots: number(flags.slots, 'slots', 1_000),
    logLevel: flags.logLevel,
    say: (message) => context.notes.line(message),
    variables: {
      CYCLONE_SMTP_URL: flags.smtp ?? context.environment['CYCLONE_SMTP_URL'],
      CYCLONE_MAIL_FROM: flags.mailFrom ?? context.environment['CYCLONE_MAIL_FROM'],
      CYCLONE_ALLOWED_HOSTS: flags.allow?.join(',') ?? context.environment['CYCLONE_ALLOWED_HOSTS'],
    },
  });
  context.out.line(
    `${paint(context.out, 'green', '✔')} Cyclone answers at ${platform.url} (${formatDuration(performance.now() - begun)})`,
  );
  if (platform.firstToken !== undefined) await tellFirstToken(context, platform.url, platform.firstToken);
  await runUntilStopped(context, platform);
}

async function tellFirstToken(context: CommandContext, url: string, token: string): Promise<void> {
  const path = await storeContext({ url, token }, context.environment);
  context.out.line(`  administrator's token, shown this once: ${paint(context.out, 'bold', token)}`);
  context.out.line(`  you are signed in with it (${path}): try "cyclone projects create --help"`);
}

async function runUntilStopped(context: CommandContext, platform: Platform): Promise<void> {
  const signal = new Promise<'signal'>((done) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        // The second one does not wait.
        process.once(name, () => process.exit(exitCodes.failed));
        done('signal');
      });
    }
  });
  const why = await Promise.race([signal, platform.broken]);
  context.notes.line(why === 'signal' ? 'stopping; running jobs go on at the next start' : `stopping: ${why}`);
  await platform.stop();
  if (why !== 'signal') throw new CommandFailure(why, exitCodes.failed);
}

export function defaultDataDir(environment: Readonly<Record<string, string | undefined>>): string {
  const state =
    environment['CYCLONE_STATE_DIR'] ??
    join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'cyclone');
  return join(state, 'data');
}

function number(text: string, name: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new CommandFailure(`--${name} takes a whole number from 1 to ${max}, not "${text}"`, exitCodes.usage);
}
