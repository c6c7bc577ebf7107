import { readEnvironment } from '../environment.js';
import type { Environment } from '../environment.js';
import { tcpAccepts } from '../process/tcp-greeting.js';
import { findDockerEngine } from '../servers/docker-engine.js';
import { catalogue } from './catalogue.js';
import { candidates } from './find-part.js';
import { describeMachine } from './machine.js';
import { remedyFor } from './missing-part-error.js';
import type { Machine, Part } from './part.js';
import { firstAddress, withoutPassword } from './server-url.js';
import { isAtLeast } from './version.js';

/** What `cyclone doctor` tells of one part. */
export interface PartReport {
  readonly name: string;
  readonly purpose: string;
  readonly state: 'found' | 'missing' | 'broken';
  /** The program's path, or the endpoint that answers. */
  readonly where?: string;
  readonly version?: string;
  /** What is wrong, where something is. */
  readonly problem?: string;
  /** The command that puts it right. */
  readonly remedy?: string;
  /** Cyclone gets it by itself when it is needed, unless that is switched off. */
  readonly installable: boolean;
}

const NODE_AT_LEAST = '24.0.0';

/** Looks at every part of this machine; installs and starts nothing. */
export async function inspectParts(environment: Environment = readEnvironment()): Promise<PartReport[]> {
  const machine = await describeMachine();
  const programs = Object.values(catalogue).filter(({ name }) => name !== 'dockerd');
  const reports = await Promise.all([
    Promise.resolve(inspectNode()),
    ...programs.map((part) => inspectProgram(part, environment, machine)),
    inspectEngine(environment, machine),
  ]);
  const optional = new Set<string>(programs.filter((part) => part.optional === true).map(({ name }) => name));
  return reports.filter(({ name, state }) => state === 'found' || !optional.has(name));
}

function inspectNode(): PartReport {
  const version = process.versions.node;
  const common = { name: 'node', purpose: 'runs Cyclone', where: process.execPath, version, installable: true };
  if (isAtLeast(version, NODE_AT_LEAST)) return { ...common, state: 'found' };
  const problem = `version ${version} is older than ${NODE_AT_LEAST}`;
  return { ...common, state: 'broken', problem, remedy: 'npm ci (it brings Node 24), then start through npm' };
}

async function inspectProgram(part: Part, environment: Environment, machine: Machine): Promise<PartReport> {
  const { name, purpose } = part;
  const url = new Map(Object.entries(environment.serverUrls)).get(name);
  if (url !== undefined) return await inspectServer(part, url);
  const common = { name, purpose, installable: isInstallable(part, environment, machine) };
  let unusable: PartReport | undefined;
  for await (const candidate of candidates(part, environment)) {
    if (candidate.state === 'usable') {
      return { ...common, state: 'found', where: candidate.part.program, version: candidate.part.version };
    }
    const { program: where, version, problem } = candidate;
    unusable ??= { ...common, state: 'broken', where, version, problem, remedy: remedyFor(part, machine) };
  }
  return unusable ?? { ...common, state: 'missing', problem: 'not found', remedy: remedyFor(part, machine) };
}

/** A server that is named by its address need not be of this machine: what counts is that somebody listens. */
async function inspectServer({ name, purpose }: Part, url: string): Promise<PartReport> {
  const where = withoutPassword(url);
  const common = { name, purpose, where, installable: false };
  const address = firstAddress(url);
  if (address === undefined) {
    return { ...common, state: 'broken', problem: 'not a URL', remedy: 'correct the variable, or unset it' };
  }
  if (await tcpAccepts(address.port, address.host)) return { ...common, state: 'found' };
  const problem = `nobody listens at ${address.host}:${address.port}`;
  return { ...common, state: 'broken', problem, remedy: 'start it, or unset the variable that names it' };
}

/** The program alone says nothing: what counts is an engine that answers. */
async function inspectEngine(environment: Environment, machine: Machine): Promise<PartReport> {
  const part = catalogue.dockerd;
  const installable = isInstallable(part, environment, machine) && environment.dockerHost === undefined;
  const common = { name: 'docker-engine', purpose: part.purpose, installable };
  const { engine, problems } = await findDockerEngine(environment);
  if (engine !== undefined) return { ...common, state: 'found', where: engine.endpoint, version: engine.version };
  const remedy = remedyFor(part, machine);
  if (problems.length > 0) return { ...common, state: 'broken', problem: problems.join('; '), remedy };
  return { ...common, state: 'missing', problem: 'no engine answers', remedy };
}

function isInstallable(part: Part, environment: Environment, machine: Machine): boolean {
  if (!environment.mayInstall) return false;
  return part.strategies.some(({ kind }) => kind !== 'apt' || machine.isRoot);
}
