import { runOrThrow } from '../process/run-command.js';

const UPDATE_TIMEOUT_MS = 5 * 60_000;

/** Package lists may be missing or old: only if the work fails they are fetched, and it is tried once more. */
export async function withPackageLists<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    await runOrThrow('apt-get', ['update', '-o', 'DPkg::Lock::Timeout=300'], { timeoutMs: UPDATE_TIMEOUT_MS });
    return await work();
  }
}

/** What apt would install here for these packages: they and those of their dependencies that are not here. */
export async function missingPackages(packages: readonly string[]): Promise<string[]> {
  const args = ['install', '--simulate', '--no-install-recommends', ...packages];
  const simulated = parseSimulation(await runOrThrow('apt-get', args, { timeoutMs: 60_000 }));
  // A package that is installed already is not in the simulation, but its files are wanted all the same.
  return [...new Set([...packages, ...simulated])];
}

export function parseSimulation(output: string): string[] {
  return [...output.matchAll(/^Inst (\S+)/gm)].flatMap((match) => match[1] ?? []);
}
