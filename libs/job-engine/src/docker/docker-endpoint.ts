import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';

export interface DockerEndpoint {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`. */
  readonly host: string;
  /** Folder with ca.pem, cert.pem and key.pem: TLS, both sides checked. */
  readonly certPath?: string;
}

/** Opens an engine's API; looks nothing up and reaches nobody yet. */
export const openDocker = ({ host, certPath }: DockerEndpoint): Docker => {
  if (host.startsWith('unix://')) return new Docker({ socketPath: host.slice('unix://'.length) });
  const url = new URL(host);
  if (!['tcp:', 'http:', 'https:'].includes(url.protocol))
    throw new Error(`A Docker endpoint begins with unix:// or tcp://, not ${url.protocol}//`);
  const withTls = url.protocol === 'https:' || (certPath !== undefined && certPath !== '');
  const port = Number(url.port || (withTls ? 2376 : 2375));
  if (!withTls) return new Docker({ protocol: 'http', host: url.hostname, port });
  const read = (name: string): string => readFileSync(join(certPath ?? '', name), 'utf8');
  return new Docker({
    protocol: 'https',
    host: url.hostname,
    port,
    ca: read('ca.pem'),
    cert: read('cert.pem'),
    key: read('key.pem'),
  });
};
