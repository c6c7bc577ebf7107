export { openDocker, type DockerEndpoint } from './docker-endpoint.js';
export { dockerExecutorDefaults, type DockerExecutorConfig } from './docker-config.js';
export { DockerExecutor } from './docker.executor.js';
export { DockerImageBuilder } from './docker.image-builder.js';
export { DirectoryWorkspace } from './directory.workspace.js';
export { VolumeWorkspace } from './volume.workspace.js';
