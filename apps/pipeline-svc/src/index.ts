export { checkpointPathsIn, type CheckpointPaths } from './checkpoints/checkpoint-paths.js';
export { pipelineConfigSchema, type PipelineConfig } from './config.js';
export { pipelineService } from './pipeline-service.js';
export { pipelineViewsToCheck } from './projections/pipeline-view-checks.js';
export { rebuildPipelineViews } from './projections/rebuild-pipeline-views.js';
export { foldBuildView, type BuildViewEvent } from './projections/build-view.projection.js';
export { foldProjectView, type ProjectViewEvent } from './projections/project-view.projection.js';
export { storedBuildProjection, StoredBuild } from './projections/stored-build.js';
export { storedProjectProjection } from './projections/stored-project.js';
