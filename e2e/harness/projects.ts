import { ProjectId, routes, type CreateProjectBody } from '@cyclone/contracts';
import type { z } from 'zod';
import type { PlatformUnderTest } from './platform.js';
import { createRepository, type TestRepository } from './repository.js';

export interface TestProject {
  readonly id: ProjectId;
  readonly repository: TestRepository;
  /** Signs deliveries; empty where Cyclone installs the hook itself. */
  readonly secret: string;
}

/** A repository on disk, registered. With forge `bare` its own hook tells Cyclone of each push. */
export async function createProject(
  platform: PlatformUnderTest,
  folder: string,
  name: string,
  settings: Partial<Omit<z.input<typeof CreateProjectBody>, 'id' | 'repository'>> & {
    readonly forge?: 'bare' | 'github' | 'gitea' | 'gitlab' | 'generic';
  } = {},
): Promise<TestProject> {
  const { forge = 'bare', ...rest } = settings;
  const repository = await createRepository(folder, name);
  const { project, hook } = await platform.api.call(routes.createProject, {
    body: { id: ProjectId.parse(name), name, ...rest, repository: { url: repository.barePath, forge } },
  });
  return { id: project.id, repository, secret: hook.secret ?? '' };
}
