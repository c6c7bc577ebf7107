import type Docker from 'dockerode';

/** What an engine still holds with this label: containers, networks and volumes by name. */
export async function tracesOf(docker: Docker, label: string): Promise<readonly string[]> {
  const filters = { label: [label] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [
    ...containers.map(({ Names, State }) => `container ${Names.join()} (${State})`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...volumes.map(({ Name }) => `volume ${Name}`),
  ];
}
