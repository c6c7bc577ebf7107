import type Docker from 'dockerode';
import { ExecutorError } from '../errors.js';
import type { Attempt } from '../job-input.js';
import { engineMessage, ignoreGone, isConflict, isNotFound } from './docker-errors.js';
import { attemptLabels, nameOf, runnerLabels } from './labels.js';
import { freeSubnet, type SubnetPool } from './subnets.js';

const sharedNetwork = 'cyclone-shared';
const triesMax = 8;

/** The networks of jobs: one for all that have no services, in which containers cannot reach each other; one each for the rest. */
export class Networks {
  private next = 0;
  private shared: Promise<string> | undefined;

  constructor(
    private readonly docker: Docker,
    private readonly runner: string,
    private readonly pool: SubnetPool,
  ) {}

  /** One per engine, shared by all runners on it, and left there. */
  async ensureShared(): Promise<string> {
    this.shared ??= this.makeShared();
    try {
      return await this.shared;
    } catch (error) {
      this.shared = undefined;
      throw error;
    }
  }

  async create(attempt: Attempt): Promise<string> {
    const name = nameOf(this.runner, attempt, 'network');
    for (let tries = 0; tries < triesMax; tries += 1) {
      const used = await this.usedSubnets();
      const free = freeSubnet(this.pool, this.next, used);
      if (free === undefined)
        throw new ExecutorError('resources-exhausted', 'Every network that the runner may give to jobs is in use.', {
          retriable: true,
        });
      this.next = free.index + 1;
      try {
        await this.docker.createNetwork({
          Name: name,
          Driver: 'bridge',
          CheckDuplicate: true,
          Labels: attemptLabels(this.runner, attempt, 'network'),
          IPAM: { Config: [{ Subnet: free.subnet }] },
        });
        return name;
      } catch (error) {
        if (isConflict(error)) return name;
        // Somebody else took the addresses in the same moment.
        if (!/overlap/i.test(engineMessage(error))) throw error;
      }
    }
    throw new ExecutorError(
      'resources-exhausted',
      'No addresses for the job network could be had: others on this machine take them too.',
      { retriable: true },
    );
  }

  async find(attempt: Attempt): Promise<string | undefined> {
    const name = nameOf(this.runner, attempt, 'network');
    try {
      await this.docker.getNetwork(name).inspect();
      return name;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async remove(attempt: Attempt): Promise<void> {
    await this.docker
      .getNetwork(nameOf(this.runner, attempt, 'network'))
      .remove()
      .catch(ignoreGone);
  }

  private async makeShared(): Promise<string> {
    try {
      await this.docker.getNetwork(sharedNetwork).inspect();
      return sharedNetwork;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    await this.docker
      .createNetwork({
        Name: sharedNetwork,
        Driver: 'bridge',
        CheckDuplicate: true,
        Labels: { ...runnerLabels('all', 'shared') },
        Options: { 'com.docker.network.bridge.enable_icc': 'false' },
      })
      .catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    return sharedNetwork;
  }

  private async usedSubnets(): Promise<string[]> {
    const networks = await this.docker.listNetworks();
    return networks.flatMap((network) =>
      (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet])),
    );
  }
}
