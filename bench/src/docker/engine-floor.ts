import { once } from 'node:events';
import { ensureDockerEngine, openDocker } from '@cyclone/local-servers';

/**
 * Milliseconds from asking the Docker Engine for a container to its first byte of output, over its API with nothing
 * else around: the container joins the network namespace of one that is there, and output is attached before the
 * start. No way of running a step in a fresh container is quicker here.
 */
export async function containerFloor(image: string, samples: number): Promise<readonly number[]> {
  const docker = openDocker(await ensureDockerEngine());
  const Labels = { 'cyclone.bench': 'floor' };
  const holder = await docker.createContainer({ Image: image, Cmd: ['sleep', '600'], Entrypoint: [], Labels });
  try {
    await holder.start();
    const times: number[] = [];
    for (let sample = 0; sample < samples; sample += 1) {
      const begun = performance.now();
      const container = await docker.createContainer({
        Image: image,
        Entrypoint: ['/bin/sh', '-c'],
        Cmd: ['echo hello'],
        Labels,
        HostConfig: { NetworkMode: `container:${holder.id}` },
      });
      const output = await container.attach({ stream: true, stdout: true, stderr: true });
      const first = once(output, 'data');
      await container.start();
      await first;
      times.push(performance.now() - begun);
      await container.wait();
      await container.remove();
    }
    return times;
  } finally {
    await holder.remove({ force: true });
  }
}
