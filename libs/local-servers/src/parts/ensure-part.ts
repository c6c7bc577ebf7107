import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { announceOnStderr } from '../announce.js';
import type { Announce } from '../announce.js';
import { readEnvironment } from '../environment.js';
import type { Environment } from '../environment.js';
import { planInstallation } from '../install/plan-installation.js';
import type { Installation } from '../install/installation.js';
import { errorMessage } from '../process/error-facts.js';
import { withOwnerLock } from '../process/owner-lock.js';
import { cacheFolder } from './cache-folder.js';
import { catalogue } from './catalogue.js';
import { findPart } from './find-part.js';
import { describeMachine } from './machine.js';
import { MissingPartError } from './missing-part-error.js';
import type { FoundPart, Machine, Part, PartName, Strategy } from './part.js';

/** Compiling from source is the slowest way; a second process waits for the first as long as that takes. */
const INSTALL_TIMEOUT_MS = 15 * 60_000;

export interface EnsureOptions {
  readonly environment?: Environment;
  readonly announce?: Announce;
}

/**
 * Finds a part on PATH or in the tools cache, else installs it in the first way that works here. Safe to
 * call from many processes at once: one installs, the others wait and use what it installed.
 */
export async function ensurePart(name: PartName, options: EnsureOptions = {}): Promise<FoundPart> {
  const environment = options.environment ?? readEnvironment();
  const announce = options.announce ?? announceOnStderr;
  const part = catalogue[name];
  const found = await findPart(part, environment);
  if (found !== undefined) return found;
  const machine = await describeMachine();
  if (!environment.mayInstall) {
    throw new MissingPartError(part, machine, [
      `installing is switched off (--no-install); otherwise it would be put into ${environment.toolsDir}`,
    ]);
  }
  const lockFile = join(environment.toolsDir, `${name}.lock`);
  const onWait = (pid: number) => announce(`Waiting for process ${pid}, which is installing ${name}`);
  return await withOwnerLock(lockFile, { timeoutMs: INSTALL_TIMEOUT_MS, onWait }, async () => {
    const installedMeanwhile = await findPart(part, environment);
    return installedMeanwhile ?? (await install(part, machine, environment, announce));
  });
}

async function install(part: Part, machine: Machine, environment: Environment, announce: Announce): Promise<FoundPart> {
  const reasons: string[] = [];
  for (const strategy of part.strategies) {
    const plan = await planInstallation(part, strategy, machine);
    if ('impossible' in plan) {
      reasons.push(plan.impossible);
      continue;
    }
    const folder = cacheFolder(part, strategy, environment, machine);
    announce(`Installing ${part.name} (${part.purpose}): ${plan.summary}, into ${folder ?? 'the system'}`);
    try {
      await carryOut(plan, strategy, folder);
    } catch (error) {
      reasons.push(`${strategy.kind}: ${errorMessage(error)}`);
      announce(`  that did not work: ${reasons.at(-1)}`);
      continue;
    }
    const found = await findPart(part, environment);
    if (found !== undefined) {
      announce(`Installed ${part.name} ${found.version}: ${found.program}`);
      return found;
    }
    reasons.push(`${strategy.kind}: installed, but the program does not run here`);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
  throw new MissingPartError(part, machine, reasons);
}

/** Built beside its place and renamed into it, so that a half-made folder is never taken for a whole one. */
async function carryOut(plan: Installation, strategy: Strategy, folder: string | undefined): Promise<void> {
  if (plan.target === 'system') return await plan.run();
  if (folder === undefined) throw new Error(`no folder for an installation by ${strategy.kind}`);
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}.draft-`);
  try {
    await plan.run(draft);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
