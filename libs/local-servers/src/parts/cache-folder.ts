import { join } from 'node:path';
import type { Environment } from '../environment.js';
import type { Machine, Part, Strategy } from './part.js';

/** Where a strategy puts a part: one folder per version, so that an update never touches a running program. */
export function cacheFolder(
  part: Part,
  strategy: Strategy,
  environment: Environment,
  machine: Machine,
): string | undefined {
  const folder = (label: string) => join(environment.toolsDir, part.name, label);
  switch (strategy.kind) {
    case 'download':
    case 'wheel':
    case 'go':
      return folder(`${strategy.version}-${strategy.kind}`);
    case 'deb':
      // The unpacked program leans on this release's libraries.
      return folder(`${machine.distribution}-${machine.distributionVersion}`);
    case 'apt':
      return undefined;
  }
}
