import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Environment } from '../environment.js';
import { runCommand } from '../process/run-command.js';
import { describeMachine } from './machine.js';
import type { FoundIn, FoundPart, Machine, Part } from './part.js';
import { cacheFolder } from './cache-folder.js';
import { isAtLeast } from './version.js';

const PROBE_TIMEOUT_MS = 15_000;

export type Candidate =
  | { readonly state: 'usable'; readonly part: FoundPart }
  | { readonly state: 'unusable'; readonly program: string; readonly version?: string; readonly problem: string };

/** The first usable program on PATH or in the tools cache; undefined where there is none. */
export async function findPart(part: Part, environment: Environment): Promise<FoundPart | undefined> {
  for await (const candidate of candidates(part, environment)) {
    if (candidate.state === 'usable') return candidate.part;
  }
  return undefined;
}

/** All places in order, also those whose program is too old or does not start: `doctor` tells of them. */
export async function* candidates(part: Part, environment: Environment): AsyncGenerator<Candidate> {
  for (const name of part.programs) {
    for (const folder of [...(part.folders ?? []), ...environment.path]) {
      const program = join(folder, name);
      if (await isExecutable(program)) yield await probe(part, program, 'path');
    }
  }
  const machine = await describeMachine();
  for (const program of cachedPrograms(part, environment, machine)) {
    if (await isExecutable(program)) yield await probe(part, program, 'tools-cache');
  }
}

function cachedPrograms(part: Part, environment: Environment, machine: Machine): string[] {
  return part.strategies.flatMap((strategy) => {
    const folder = cacheFolder(part, strategy, environment, machine);
    return folder === undefined ? [] : [join(folder, 'bin', part.name)];
  });
}

async function probe(part: Part, program: string, foundIn: FoundIn): Promise<Candidate> {
  const environment = { ...process.env, PATH: `${dirname(program)}:${process.env.PATH ?? ''}` };
  const result = await runCommand(program, part.version.args, { timeoutMs: PROBE_TIMEOUT_MS, environment });
  const version = part.version.pattern.exec(result.stdout + result.stderr)?.[1];
  if (version === undefined) {
    const said = (result.stderr || result.stdout).trim().split('\n').slice(-2).join(' ');
    return { state: 'unusable', program, problem: `${basename(program)} does not tell its version: ${said}` };
  }
  const { atLeast } = part.version;
  if (atLeast !== undefined && !isAtLeast(version, atLeast)) {
    return { state: 'unusable', program, version, problem: `version ${version} is older than ${atLeast}` };
  }
  return { state: 'usable', part: { name: part.name, program, version, foundIn } };
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
