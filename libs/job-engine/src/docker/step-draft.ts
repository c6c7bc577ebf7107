import { BlockList, isIP } from 'node:net';
import type { CloneStep, RunStep } from '@cyclone/contracts';
import { ExecutorError, messageOf } from '../errors.js';
import type { StepLaunch } from '../executor.js';
import type { JobInput } from '../job-input.js';
import {
  checkSourceRef,
  checkSourceSha,
  gitEnvironment,
  readSourceUrl,
  resolveSource,
  SourceRefusedError,
  type SourcePolicy,
} from '../source-policy.js';
import { cloneScript, localSourcePath } from './clone-script.js';
import { workingDirIn, type ContainerDraft, type NetworkPlace } from './container-spec.js';
import { scriptCommand, stepScript } from './step-script.js';

/** What a step says of its container; the sandbox adds name, labels, image and workspace. */
export type StepDraft = Pick<
  ContainerDraft,
  'entrypoint' | 'command' | 'environment' | 'workingDir' | 'user' | 'limits' | 'readOnlyFolder' | 'extraHosts' | 'dns'
> & {
  /** Where the job's network will not do. */
  readonly network?: NetworkPlace;
};

/** A step that runs what its author wrote. */
export const runDraft = (step: RunStep, environment: StepLaunch['environment'], input: JobInput): StepDraft => {
  const script = step.commands === undefined ? undefined : scriptCommand(stepScript(step.commands));
  return {
    entrypoint: script?.entrypoint ?? step.entrypoint,
    command: script?.command ?? step.command,
    environment,
    workingDir: workingDirIn(input.job.workspacePath, step.workingDir),
    user: step.user,
    limits: step.limits,
    extraHosts: step.extraHosts,
    dns: step.dns,
    network: step.network === 'none' ? { kind: 'none' } : undefined,
  };
};

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const isLoopback = (address: string): boolean => loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** The step that brings the commit. Its addresses and names are checked here, however they came. */
export const cloneDraft = async (step: CloneStep, input: JobInput, policy: SourcePolicy): Promise<StepDraft> => {
  const { source } = input;
  try {
    checkSourceRef(source.ref);
    checkSourceSha(source.sha);
    const read = readSourceUrl(source.localPath ?? source.url, policy);
    const addresses = read.kind === 'remote' ? await resolveSource(read) : [];
    return {
      ...scriptCommand(cloneScript),
      environment: {
        ...gitEnvironment(read, addresses, source),
        HOME: '/tmp',
        CYCLONE_CLONE_URL: read.kind === 'folder' ? `file://${localSourcePath}` : source.url,
        CYCLONE_CLONE_REF: source.ref,
        CYCLONE_CLONE_SHA: source.sha,
        CYCLONE_CLONE_DEPTH: step.depth === undefined ? '' : String(step.depth),
      },
      workingDir: input.job.workspacePath,
      limits: {},
      readOnlyFolder: read.kind === 'folder' ? { source: read.path, target: localSourcePath } : undefined,
      extraHosts: [],
      dns: [],
      network: networkFor(read.kind, addresses),
    };
  } catch (error) {
    if (error instanceof SourceRefusedError) throw new ExecutorError('source-refused', error.message);
    if (error instanceof ExecutorError) throw error;
    throw new ExecutorError('source-refused', `The repository's host cannot be found: ${messageOf(error)}`, {
      cause: error,
      retriable: true,
    });
  }
};

/** A server on the runner's own loopback, which an administrator allowed, is out of reach of every bridge. */
const networkFor = (kind: 'folder' | 'remote', addresses: readonly string[]): NetworkPlace | undefined => {
  if (kind === 'folder') return { kind: 'none' };
  return addresses.every(isLoopback) ? { kind: 'host' } : undefined;
};
