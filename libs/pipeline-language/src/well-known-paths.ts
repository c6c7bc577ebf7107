/** Where a pipeline file is looked for, best first, when the project names none. */
export const wellKnownPaths = ['cyclone.yaml', 'cyclone.yml', '.cyclone.yaml', 'caicloud.yml'] as const;

export type FileFormat = 'cyclone' | 'caicloud-2016';

const sectionsOf2016 = new Set(['pre_build', 'build', 'integration', 'post_build', 'deploy']);

/** By the well-known name; a file with a name of its own is told by its keys. */
export function formatOf(path: string, topLevelKeys: readonly string[]): FileFormat {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^caicloud\.ya?ml$/.test(name)) return 'caicloud-2016';
  if (/^\.?cyclone\.ya?ml$/.test(name) || topLevelKeys.includes('steps')) return 'cyclone';
  return topLevelKeys.some((key) => sectionsOf2016.has(key)) ? 'caicloud-2016' : 'cyclone';
}
