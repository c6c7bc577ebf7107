import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CommandId, StreamRef } from '@cyclone/contracts';
import type { Acknowledged, Finding } from '@cyclone/event-store/verify';
import { parseStreamName } from '@cyclone/event-store';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { formatFinding, formatSummary, type Checked, type VerifyReport } from '../verify/format-report.js';
import { createProgress } from '../verify/progress.js';
import { readExportedLines, readPublicKeys } from '../verify/read-checkpoint-files.js';
import { estimateCommits, verifyInstallation } from '../verify/verify-installation.js';
import type { CommandContext } from './command-context.js';
import { findStore, withStore, withStoreFlags, type StoreFlags, type StorePlace } from './with-store.js';

interface VerifyFlags extends StoreFlags {
  readonly checkpoints?: string[];
  readonly publicKey?: string[];
  readonly acknowledged?: string;
  readonly settled: string;
  readonly output: 'text' | 'json';
}

/** Beyond this a list tells nobody anything more. */
const findingsMax = 1_000;

export function addVerifyCommand(program: Command, context: CommandContext): void {
  withStoreFlags(program.command('verify').summary('check that nothing was lost, doubled or altered'))
    .description(
      'Checks a running installation: each delivery has its verdict and each change its build, each build its end, versions\n' +
        'and positions without a gap, every view the fold of its events, every sealed log byte for byte, the hash chains and the\n' +
        'signed checkpoints. Only reads. Ends with 1 when anything was found.',
    )
    .option('--checkpoints <file...>', 'exported checkpoints, as pipeline-svc wrote them')
    .option('--public-key <file...>', 'checks their signatures, in PEM')
    .option(
      '--acknowledged <file>',
      'lines of {"stream": "build-1", "commandId": "..."} that somebody was told are done',
    )
    .option('--settled <seconds>', 'what is younger may still be under way', '600')
    .addOption(new Option('--output <format>', 'how to print the result').choices(['text', 'json']).default('text'))
    .action(async (flags: VerifyFlags) => {
      const place = await findStore(flags, context.environment);
      await withStore(place, async (connection) => {
        const report = await verify(context, flags, place, connection);
        if (report.checked.commits === 0 && report.ok) {
          throw new CommandFailure(`database ${place.database} holds no events`, exitCodes.notFound);
        }
        if (flags.output === 'json') context.out.line(JSON.stringify(report, null, 2));
        else context.out.line(formatSummary(report, context.out));
        if (!report.ok) process.exitCode = exitCodes.failed;
      });
    });
}

async function verify(
  context: CommandContext,
  flags: VerifyFlags,
  place: StorePlace,
  connection: Parameters<typeof estimateCommits>[0],
): Promise<VerifyReport> {
  const begun = performance.now();
  const files = filesOf(flags, place);
  // Before anything is read from the database: what is exported meanwhile would seem to be missing there.
  const exported = await Promise.all(files.checkpoints.map(readExportedLines));
  const publicKeys = (await Promise.all(files.publicKeys.map(readPublicKeys))).flat();
  const checked: Checked = { commits: 0, events: 0, streams: 0, checkpoints: 0, sealedLogs: 0, views: [] };
  const walks = 2;
  const progress = createProgress(context.notes, walks * (await estimateCommits(connection)), () => performance.now());
  const findings: Finding[] = [];
  const tell = (finding: Finding): void => {
    findings.push(finding);
    progress.clear();
    if (flags.output === 'text') context.out.line(formatFinding(finding, context.out));
  };
  for (const finding of exported.flatMap((file) => file.findings)) tell(finding);
  const found = verifyInstallation({
    connection,
    now: Date.now(),
    graceMs: seconds(flags.settled) * 1_000,
    publicKeys,
    exported: exported.flatMap(({ lines }) => lines),
    acknowledged: flags.acknowledged === undefined ? undefined : readAcknowledged(flags.acknowledged),
    onCommit: () => progress.step(),
    checked,
  });
  for await (const finding of found) {
    tell(finding);
    if (findings.length >= findingsMax) break;
  }
  progress.clear();
  const notChecked = [
    ...notCheckedOf(flags, files, checked),
    ...(findings.length >= findingsMax ? [`what comes after the first ${findingsMax} findings`] : []),
  ];
  return { ok: findings.length === 0, findings, checked, notChecked, tookMs: performance.now() - begun };
}

interface CheckpointFiles {
  readonly checkpoints: readonly string[];
  readonly publicKeys: readonly string[];
}

const filesOf = (flags: VerifyFlags, { checkpoints: known }: StorePlace): CheckpointFiles => ({
  checkpoints: flags.checkpoints ?? (known === undefined ? [] : [known.linesFile]),
  publicKeys: flags.publicKey ?? (known === undefined ? [] : [known.publicKeyFile]),
});

function notCheckedOf(flags: VerifyFlags, files: CheckpointFiles, checked: Checked): readonly string[] {
  return [
    ...(checked.checkpoints === 0 ? ['what checkpoints would tell: none was made yet'] : []),
    ...(files.publicKeys.length === 0 ? ['signatures of checkpoints: --public-key FILE'] : []),
    ...(files.checkpoints.length === 0 ? ['checkpoints outside the database: --checkpoints FILE'] : []),
    ...(flags.acknowledged === undefined ? ['I7, what somebody was told is done: --acknowledged FILE'] : []),
  ];
}

const AcknowledgedLine = z.object({
  stream: z.string().transform(parseStreamName).pipe(StreamRef),
  commandId: CommandId.optional(),
});

async function* readAcknowledged(path: string): AsyncIterable<Acknowledged> {
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line.trim() !== '') yield AcknowledgedLine.parse(JSON.parse(line));
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new CommandFailure(`--settled takes a number of seconds, not "${text}"`, exitCodes.usage);
}
