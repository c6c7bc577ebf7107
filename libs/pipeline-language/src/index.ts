export { compilePipelineFile } from './compile-pipeline-file.js';
export { defaultPlan } from './default-plan.js';
export {
  describeEvent,
  type CompileContext,
  type CompileInput,
  type CompileResult,
  type Compiled,
  type NotCompiled,
  type SkippedPart,
} from './compile-context.js';
export { formatProblem } from './problems/format-problem.js';
export { pipelineFileJsonSchema, caicloudJsonSchema } from './json-schema.js';
export { wellKnownPaths, formatOf, type FileFormat } from './well-known-paths.js';
export { limits as pipelineFileLimits } from './limits.js';
export { workspacePath } from './plan/plan-draft.js';
