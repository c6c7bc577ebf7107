/** Gets the servers and images that a target needs onto this machine; runs under Node 24 after the build. */
import { ensureDockerEngine, ensureImage, ensurePart, MissingPartError, openDocker } from '@cyclone/local-servers';

const NEEDS = {
  demo: { parts: ['mongod', 'nats-server', 'docker-registry'], images: ['busybox', 'git', 'node', 'redis'] },
  bench: { parts: ['mongod', 'nats-server'], images: ['busybox', 'git'] },
  test: {
    parts: ['mongod', 'nats-server', 'redis-server', 'docker-registry'],
    images: ['busybox', 'git', 'node', 'redis'],
  },
};

const say = (line) => process.stderr.write(`${line}\n`);

async function main(target) {
  const { parts, images } = NEEDS[target];
  // The engine's installation waits for the network, the compilation of a server for the processor.
  const engineReady = settle(ensureDockerEngine());
  const problems = [];
  for (const name of parts) {
    const part = await settle(ensurePart(name));
    if (part.error !== undefined) problems.push(part.error);
    else say(`${name} ${part.value.version} (${part.value.program})`);
  }
  const engine = await engineReady;
  if (engine.error !== undefined) problems.push(engine.error);
  else problems.push(...(await ensureImages(engine.value, images)));
  for (const problem of problems) say(`\n${problem instanceof MissingPartError ? problem.message : problem.stack}`);
  return problems.length === 0 ? 0 : 1;
}

async function ensureImages(engine, images) {
  say(`Docker Engine ${engine.version} (${engine.endpoint})`);
  const docker = openDocker(engine);
  const problems = [];
  for (const name of images) {
    const image = await settle(ensureImage(docker, name));
    if (image.error !== undefined) problems.push(image.error);
    else say(`image ${image.value.reference} (${image.value.way}: ${image.value.origin})`);
  }
  return problems;
}

/** All that is missing is named at once, so one failure must not hide the next. */
async function settle(promise) {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

process.exitCode = await main(process.argv[2]);
