import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { logLevels, type LogLevel } from '@cyclone/observability';
import { Option, type Command } from 'commander';
import { readStoredContext, storeContext } from '../client/context.js';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { formatDuration, paint } from '../output/terminal.js';
import type { Platform } from '../up/platform.js';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';

const aliveMs = 60_000;

interface UpFlags {
  readonly data?: string;
  readonly port: number;
  readonly processes?: boolean;
  readonly executor: 'docker' | 'scripted';
  readonly slots: number;
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
    .option('--port <number>', 'where the API listens, on loopback', wholeNumber(1, 65_535), 7_099)
    .option('--processes', 'each service in a process of its own')
    .addOption(new Option('--executor <kind>', 'what runs the steps').choices(['docker', 'scripted']).default('docker'))
    .option('--slots <number>', 'how many jobs run at once', wholeNumber(1, 1_000), 4)
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
  // Loaded where it is used: it is every service, and other commands need none of them.
  const { startPlatform } = await import('../up/platform.js');
  const platform = await startPlatform({
    dataDir,
    port: flags.port,
    environment: context.environment,
    asProcesses: flags.processes === true,
    executor: flags.executor,
    slots: flags.slots,
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
  context.out.line(`  administrator's token, shown this once: ${paint(context.out, 'bold', token)}`);
  const elsewhere = await signedInElsewhere(context, url);
  if (elsewhere !== undefined) {
    context.out.line(`  you stay signed in at ${elsewhere}; "cyclone login --url ${url} --token ..." changes that`);
    return;
  }
  const path = await storeContext({ url, token }, context.environment);
  context.out.line(`  you are signed in with it (${path}): try "cyclone projects create --help"`);
}

/** Another server that somebody signed in at: its token is not ours to throw away. */
async function signedInElsewhere(context: CommandContext, url: string): Promise<string | undefined> {
  // A damaged file holds nothing that could be lost.
  const stored = await readStoredContext(context.environment).catch(() => undefined);
  return stored === undefined || stored.url === url ? undefined : stored.url;
}

async function runUntilStopped(context: CommandContext, platform: Platform): Promise<void> {
  const signal = new Promise<'signal'>((done) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.once(name, () => {
        // The second one does not wait.
        process.once(name, () => context.leave(exitCodes.failed));
        done('signal');
      });
    }
  });
  // Supervised children do not hold their parent's event loop, and with --processes there is nothing else to hold it.
  const alive = setInterval(() => undefined, aliveMs);
  const why = await Promise.race([signal, platform.broken]);
  clearInterval(alive);
  context.notes.line(why === 'signal' ? 'stopping; running jobs go on at the next start' : `stopping: ${why}`);
  await platform.stop();
  if (why !== 'signal') throw new CommandFailure(why, exitCodes.failed);
  // All is closed and on disk. A step that goes on without us (a scripted one, or the output of a container) must not hold us.
  context.leave(exitCodes.ok);
}

export function defaultDataDir(environment: Readonly<Record<string, string | undefined>>): string {
  const state =
    environment['CYCLONE_STATE_DIR'] ??
    join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'cyclone');
  return join(state, 'data');
}
