import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findDockerEngine } from '@cyclone/local-servers';
import { executorContract, type Program } from '../testing/executor.contract.js';
import { openTestExecutor, type TestExecutor } from '../testing/docker-harness.js';
import { aStep } from '../testing/job-builder.js';
import { openDocker } from './docker-endpoint.js';

const script = (program: Program): string[] => [
  ...(program.ignoresTerm ? ["trap '' TERM"] : []),
  ...(program.stdout === undefined ? [] : [`printf '%s' '${program.stdout}'`]),
  ...(program.stderr === undefined ? [] : [`printf '%s' '${program.stderr}' >&2`]),
  ...(program.runsMs === undefined ? [] : [`sleep ${program.runsMs / 1000}`]),
  ...(program.hangs ? ['while true; do sleep 1; done'] : []),
  `exit ${program.exitCode ?? 0}`,
];

const subject = ({ executor, close }: TestExecutor) => ({
  executor,
  step: (id: string, program: Program) =>
    aStep({ id, entrypoint: ['/bin/sh', '-c'], command: [script(program).join('\n')] }),
  unstartable: (id: string) => aStep({ id, image: { kind: 'named', name: 'cyclone/no-such-image:1', pull: 'never' } }),
  close,
});

executorContract('DockerExecutor', async () => subject(await openTestExecutor()));

describe('over TCP with TLS', () => {
  const certificates = fileURLToPath(new URL('../../fixtures/tls', import.meta.url));
  let door: Server;
  let host: string;

  /** The machine's engine behind a door that wants to see a certificate of the right authority. */
  beforeAll(async () => {
    const { engine } = await findDockerEngine();
    if (engine === undefined) throw new Error('no Docker Engine answers');
    const read = (name: string): string => readFileSync(join(certificates, 'server', name), 'utf8');
    const tls = { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
    door = createServer({ ...tls, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true }, (visitor) => {
      const behind = connect({ path: engine.endpoint.replace('unix://', ''), allowHalfOpen: true });
      visitor.pipe(behind).pipe(visitor);
      visitor.on('error', () => behind.destroy());
      behind.on('error', () => visitor.destroy());
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
    host = `tcp://127.0.0.1:${(door.address() as AddressInfo).port}`;
  });
  afterAll(() => void door.close());

  it('is refused without a certificate', async () => {
    await expect(openDocker({ host: host.replace('tcp:', 'http:') }).ping()).rejects.toThrow();
  });

  executorContract('DockerExecutor over TLS', async () =>
    subject(await openTestExecutor({}, openDocker({ host, certPath: join(certificates, 'client') }))),
  );
});
