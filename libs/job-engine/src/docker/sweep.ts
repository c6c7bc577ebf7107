import type Docker from 'dockerode';
import { ignoreGone } from './docker-errors.js';
import { attemptKeyOf, ofRunner, roleOf } from './labels.js';

/** Younger ones may just be coming into being in this very process. */
const holderAgeMsMin = 60_000;

/**
 * Removes containers, networks and volumes of this runner whose attempt nobody holds, and network holders of an earlier
 * process that no step joins. Things of other runners, and of other programs, are never looked at.
 */
export const sweepEngine = async (
  docker: Docker,
  runner: string,
  held: ReadonlySet<string>,
  knownHolders: ReadonlySet<string>,
): Promise<number> => {
  const filters = { label: [ofRunner(runner)] };
  const containers = await docker.listContainers({ all: true, filters });
  const isOrphan = (labels: Readonly<Record<string, string>> = {}): boolean => {
    const key = attemptKeyOf(labels);
    return key !== undefined && !held.has(key);
  };
  const orphans = containers.filter(({ Labels }) => isOrphan(Labels));
  const stay = containers.filter((container) => !orphans.includes(container));
  const joined = new Set(stay.map(({ HostConfig }) => HostConfig.NetworkMode.replace(/^container:/, '')));
  const idle = stay.filter(
    ({ Id, Labels, Created }) =>
      roleOf(Labels) === 'sandbox' &&
      attemptKeyOf(Labels) === undefined &&
      !knownHolders.has(Id) &&
      Created * 1000 < Date.now() - holderAgeMsMin &&
      !joined.has(Id),
  );
  await Promise.all(
    [...orphans, ...idle].map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }).catch(ignoreGone)),
  );

  const networks = (await docker.listNetworks({ filters })).filter(({ Labels }) => isOrphan(Labels));
  await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove().catch(ignoreGone)));
  const volumes = ((await docker.listVolumes({ filters })).Volumes ?? []).filter(({ Labels }) => isOrphan(Labels));
  await Promise.all(volumes.map(({ Name }) => docker.getVolume(Name).remove({ force: true }).catch(ignoreGone)));
  return orphans.length + idle.length + networks.length + volumes.length;
};
