import { join } from 'node:path';
import { caicloudJsonSchema, pipelineFileJsonSchema } from '@cyclone/pipeline-language';
import { format, resolveConfig } from 'prettier';
import { renderCliPage } from './cli-page.ts';
import { renderEventCatalog } from './event-catalog-page.ts';

export const repositoryRoot = join(import.meta.dirname, '../..');

export interface GeneratedFile {
  /** From the top of the repository. */
  readonly path: string;
  render(): Promise<string>;
}

const json = (value: unknown): Promise<string> => Promise.resolve(JSON.stringify(value, null, 2));

const drafts: readonly GeneratedFile[] = [
  { path: 'docs/schemas/cyclone.schema.json', render: () => json(pipelineFileJsonSchema) },
  { path: 'docs/schemas/caicloud.schema.json', render: () => json(caicloudJsonSchema) },
  {
    path: 'docs/event-catalog.md',
    render: () => renderEventCatalog(join(repositoryRoot, 'libs/contracts/fixtures')),
  },
  { path: 'docs/cli.md', render: () => Promise.resolve(renderCliPage()) },
];

/** Files that are written by `npm run generate` and committed, so that they are read without building anything. */
export const generatedFiles: readonly GeneratedFile[] = drafts.map(({ path, render }) => ({
  path,
  async render() {
    const filepath = join(repositoryRoot, path);
    const style = await resolveConfig(filepath);
    return format(await render(), { ...style, filepath });
  },
}));
