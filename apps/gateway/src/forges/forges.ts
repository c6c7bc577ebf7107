import type { ForgeKind } from '@cyclone/contracts';
import type { Forge } from './forge.js';
import { bareForge, genericForge } from './generic.forge.js';
import { giteaForge } from './gitea.forge.js';
import { githubForge } from './github.forge.js';
import { gitlabForge } from './gitlab.forge.js';
import { gogsForge } from './gogs.forge.js';

const byKind: Readonly<Record<ForgeKind, Forge>> = {
  github: githubForge,
  gitlab: gitlabForge,
  gitea: giteaForge,
  gogs: gogsForge,
  generic: genericForge,
  bare: bareForge,
};

/** Forgejo has its own name in the address and Gitea's shapes. */
export const forgeNamed = (name: ForgeKind | 'forgejo'): Forge => byKind[name === 'forgejo' ? 'gitea' : name];
