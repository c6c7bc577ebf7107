import { caicloudJsonSchema, pipelineFileJsonSchema } from '@cyclone/pipeline-language';
import { Argument, type Command } from 'commander';
import type { CommandContext } from './command-context.js';

const schemas = { cyclone: pipelineFileJsonSchema, caicloud: caicloudJsonSchema } as const;

export function addSchemaCommand(program: Command, context: CommandContext): void {
  program
    .command('schema')
    .summary('print the JSON Schema of pipeline files, for editors')
    .description('Made of the same table as the checker, so an editor and "cyclone lint" say the same.')
    .addArgument(new Argument('[format]', 'of which files').choices(Object.keys(schemas)).default('cyclone'))
    .addHelpText(
      'after',
      `
Examples:
  cyclone schema > .cyclone.schema.json     then, on top of cyclone.yaml:
                                            # yaml-language-server: $schema=.cyclone.schema.json
  cyclone schema caicloud                   of caicloud.yml`,
    )
    .action((format: keyof typeof schemas) => context.out.line(JSON.stringify(schemas[format], null, 2)));
}
