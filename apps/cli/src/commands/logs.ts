import { BuildId, StepId, type LogFrame } from '@cyclone/contracts';
import type { Command } from 'commander';
import type { ApiClient } from '../client/api-client.js';
import { exitCodeOf } from '../exit-codes.js';
import { followLog } from '../client/log-socket.js';
import { createLogPrinter } from '../output/log-printer.js';
import { paint } from '../output/terminal.js';
import { connect, type CommandContext, type ServerFlags } from './command-context.js';
import { withServerFlags } from './server-flags.js';

export function addLogsCommand(program: Command, context: CommandContext): void {
  withServerFlags(
    program
      .command('logs <build>')
      .summary('the log of a build, live until its end')
      .description(
        'Prints the log from its first byte and goes on until the build has ended. Ends with 0 when it succeeded, 1 when not.',
      ),
  )
    .option('--step <id>', 'only this step')
    .action(async (id: string, flags: ServerFlags & { step?: string }) => {
      const client = await connect(context, flags);
      const step = flags.step === undefined ? {} : { stepId: StepId.parse(flags.step) };
      await printLog(context, client, BuildId.parse(id), { ...step, json: flags.output === 'json' });
    });
}

/** Follows a build to its end, and sets the exit code by its outcome. */
export async function printLog(
  context: CommandContext,
  client: ApiClient,
  buildId: BuildId,
  options: { readonly stepId?: StepId; readonly json?: boolean },
): Promise<void> {
  const printer = createLogPrinter(context.out, { bodies: true });
  const print = options.json === true ? (frame: LogFrame) => context.out.line(JSON.stringify(frame)) : printer.print;
  const step = options.stepId === undefined ? {} : { stepId: options.stepId };
  for await (const frame of followLog(client.context, { buildId, ...step })) {
    print(frame);
    if (frame.kind !== 'end') continue;
    if (frame.logs === 'incomplete') context.notes.line(paint(context.notes, 'yellow', 'part of this log is missing'));
    context.notes.line(`${frame.outcome}${frame.reason === undefined ? '' : `: ${frame.reason.message}`}`);
    process.exitCode = exitCodeOf(frame.outcome);
  }
}
