import { Command } from 'commander';
import { addAdministrationCommands } from './commands/administration.js';
import { addBuildCommands } from './commands/builds.js';
import type { CommandContext } from './commands/command-context.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addLintCommand } from './commands/lint.js';
import { addLoginCommand } from './commands/login.js';
import { addLogsCommand } from './commands/logs.js';
import { addProjectCommands } from './commands/projects.js';
import { addSchemaCommand } from './commands/schema.js';
import { addRebuildViewsCommand } from './commands/rebuild-views.js';
import { addUpCommand } from './commands/up.js';
import { addVerifyCommand } from './commands/verify.js';
import { exitCodeMeanings } from './exit-codes.js';

const epilogue = `
First steps:
  cyclone up                                        the whole platform on this machine
  cyclone login --url http://127.0.0.1:7099 --token TOKEN
  cyclone projects create shop --repo https://git.example.com/team/shop.git --forge gitea
  cyclone builds start shop --follow                build it and watch

Exit codes:
${exitCodeMeanings.map(([code, meaning]) => `  ${code}  ${meaning}`).join('\n')}`;

export function createProgram(context: CommandContext, version: string): Command {
  const program = new Command('cyclone')
    .description('Self-hosted, container-native CI/CD with an event-sourced heart.')
    .version(version)
    .showHelpAfterError('(add --help to see what is possible)')
    .addHelpText('after', epilogue)
    .exitOverride()
    .configureOutput({ writeOut: context.out.write, writeErr: context.notes.write });
  addUpCommand(program, context);
  addDoctorCommand(program, context);
  addLintCommand(program, context);
  addSchemaCommand(program, context);
  addLoginCommand(program, context);
  addProjectCommands(program, context);
  addBuildCommands(program, context);
  addLogsCommand(program, context);
  addAdministrationCommands(program, context);
  addVerifyCommand(program, context);
  addRebuildViewsCommand(program, context);
  return program;
}
