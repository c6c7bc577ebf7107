import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerOptions } from 'dockerode';

/** Reads what DOCKER_HOST means: a Unix socket, or TCP, with TLS where DOCKER_CERT_PATH says so. */
export function dockerOptions(endpoint: string, certPath = process.env.DOCKER_CERT_PATH): DockerOptions {
  if (endpoint.startsWith('unix://')) return { socketPath: endpoint.slice('unix://'.length) };
  const url = new URL(endpoint);
  if (!['tcp:', 'http:', 'https:'].includes(url.protocol)) {
    throw new Error(`a Docker endpoint begins with unix://, tcp://, http:// or https://, not ${url.protocol}//`);
  }
  const host = url.hostname;
  const withTls = url.protocol === 'https:' || (url.protocol === 'tcp:' && certPath !== undefined && certPath !== '');
  const port = Number(url.port || (withTls ? 2376 : 2375));
  if (!withTls) return { protocol: 'http', host, port };
  if (certPath === undefined || certPath === '') return { protocol: 'https', host, port };
  const read = (name: string) => readFileSync(join(certPath, name), 'utf8');
  return { protocol: 'https', host, port, ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}
