import { BuildId, StepId, type LogFrame } from '@cyclone/contracts';
import type { Command } from 'commander';
import type { ApiClient } from '../client/api-client.js';
import { exitCodeOf } from '../exit-codes.js';
import { followLog } from '../client/log-socket.js';
import { createLogPrinter } from '../output/log-printer.js';
import { printable } from '../output/printable.js';
import { paint } from '../output/terminal.js';
import { parsedBy } from './arguments.js';
import { connect, type CommandContext, type ServerFlags } from './command-context.js';
import { withServerFlags } from './server-flags.js';

export function addLogsCommand(program: Command, context: CommandContext): void {
  withServerFlags(
    program
      .command('logs')
      .summary('the log of a build, live until its end')
      .argument('<build>', 'its id', parsedBy(BuildId))
      .description(
        'Prints the log from its first byte and goes on until the build has ended. Ends with 0 when it succeeded, 1 when not.',
      ),
  )
    .option('--step <id>', 'only this step', parsedBy(StepId))
    .action(async (buildId: BuildId, flags: ServerFlags & { step?: StepId }) => {
      const client = await connect(context, flags);
      await printLog(context, client, buildId, { stepId: flags.step, json: flags.output === 'json' });
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
  for await (const frame of followLog(client.context, { buildId, stepId: options.stepId })) {
    print(frame);
    if (frame.kind !== 'end') continue;
    if (frame.logs === 'incomplete') context.notes.line(paint(context.notes, 'yellow', 'part of this log is missing'));
    context.notes.line(`${frame.outcome}${frame.reason === undefined ? '' : `: ${printable(frame.reason.message)}`}`);
    context.endWith(exitCodeOf(frame.outcome));
  }
}
