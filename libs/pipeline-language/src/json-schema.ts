import { fileShape as caicloudShape } from './caicloud/file-shape.js';
import { fileShape as nativeShape } from './native/file-shape.js';
import type { JsonSchema } from './shape/shape.js';

const draft = 'https://json-schema.org/draft/2020-12/schema';

/** For editors: `# yaml-language-server: $schema=...`. Made of the very table that the checker reads by. */
export const pipelineFileJsonSchema: JsonSchema = {
  $schema: draft,
  title: 'Cyclone pipeline file',
  ...nativeShape.schema,
};

export const caicloudJsonSchema: JsonSchema = {
  $schema: draft,
  title: 'Cyclone pipeline file of 2016 (caicloud.yml)',
  ...caicloudShape.schema,
};
