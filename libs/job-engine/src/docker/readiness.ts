import { connect } from 'node:net';
import { Writable } from 'node:stream';
import type { Readiness } from '@cyclone/contracts';
import type Docker from 'dockerode';
import type { Container } from 'dockerode';
import { toNumber } from './subnets.js';

const probeTimeoutMs = 500;

type Probe = 'ready' | 'not-yet' | 'out-of-reach';

const connects = (host: string, port: number): Promise<Probe> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (probe: Probe): void => {
      socket.destroy();
      resolve(probe);
    };
    socket.setTimeout(probeTimeoutMs, () => end('out-of-reach'));
    socket.once('connect', () => end('ready'));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'not-yet' : 'out-of-reach'),
    );
  });

const answers = async (host: string, port: number, path: string): Promise<Probe> => {
  try {
    const response = await fetch(`http://${host}:${port}${path}`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(probeTimeoutMs * 4),
    });
    await response.body?.cancel();
    return response.status < 500 && response.status !== 404 ? 'ready' : 'not-yet';
  } catch {
    return connects(host, port).then((probe) => (probe === 'out-of-reach' ? probe : 'not-yet'));
  }
};

/** Runs a program in a container; its exit code, or undefined when it cannot be run. */
export const execIn = async (
  docker: Docker,
  container: Container,
  command: readonly string[],
): Promise<{ code: number | undefined; text: string }> => {
  try {
    const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({ hijack: true, stdin: false });
    const parts: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (parts.length < 64) parts.push(chunk);
        done();
      },
    });
    docker.modem.demuxStream(stream, sink, sink);
    await new Promise((resolve) => stream.once('end', resolve).once('close', resolve).once('error', resolve));
    const { ExitCode } = await exec.inspect();
    return { code: ExitCode ?? undefined, text: Buffer.concat(parts).toString() };
  } catch {
    return { code: undefined, text: '' };
  }
};

const listenState = '0A';

/** Whether the kernel's table of sockets shows a listener on the port, as the container itself sees it. */
export const listensOn = (table: string, port: number): boolean => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').some((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    return state === listenState && local.endsWith(`:${hex}`);
  });
};

/**
 * One look at whether a service is ready. The port is tried from here, which is what steps will do; where the engine is
 * on another machine, the container's own table of sockets is read instead, and `wget` inside asks for the page.
 */
export const isReady = async (
  docker: Docker,
  container: Container,
  address: string,
  readiness: Readiness,
): Promise<boolean> => {
  const { port, http, command } = readiness;
  if (port !== undefined && !(await portReady(docker, container, address, port))) return false;
  if (http !== undefined) {
    const probe = isAddress(address) ? await answers(address, http.port, http.path) : 'out-of-reach';
    if (probe === 'not-yet') return false;
    if (probe === 'out-of-reach') {
      const { code } = await execIn(docker, container, [
        'wget',
        '-q',
        '-O',
        '/dev/null',
        `http://127.0.0.1:${http.port}${http.path}`,
      ]);
      if (code !== 0) return false;
    }
  }
  return command === undefined || (await execIn(docker, container, command)).code === 0;
};

const portReady = async (docker: Docker, container: Container, address: string, port: number): Promise<boolean> => {
  const probe = isAddress(address) ? await connects(address, port) : 'out-of-reach';
  if (probe !== 'out-of-reach') return probe === 'ready';
  const { text } = await execIn(docker, container, ['cat', '/proc/net/tcp', '/proc/net/tcp6']);
  return listensOn(text, port);
};

const isAddress = (address: string): boolean => address !== '' && toNumber(address) > 0;
