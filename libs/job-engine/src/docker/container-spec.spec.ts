import { describe, expect, it } from '@jest/globals';
import { containerSpec, workingDirIn, type ContainerDraft } from './container-spec.js';

const ceilings = { memoryBytes: 1024, pids: 7, logBytes: 99 };
const draft: ContainerDraft = {
  name: 'cyclone-b1-step-a',
  labels: { 'cyclone.build': 'b1' },
  image: 'busybox',
  entrypoint: ['/bin/sh', '-c'],
  command: ['true'],
  environment: { A: '1', B: 'x=y' },
  workingDir: '/workspace',
  user: '1000',
  network: { kind: 'join', container: 'abc' },
  trust: 'trusted',
  limits: { cpuMillis: 1500 },
  workspace: { handle: { kind: 'volume', name: 'ws' }, path: '/workspace' },
  extraHosts: [],
  dns: [],
};

describe('containerSpec', () => {
  it('is exactly this, and nothing else', () => {
    expect(containerSpec(draft, ceilings)).toEqual({
      name: 'cyclone-b1-step-a',
      Image: 'busybox',
      Labels: { 'cyclone.build': 'b1' },
      Env: ['A=1', 'B=x=y'],
      Entrypoint: ['/bin/sh', '-c'],
      Cmd: ['true'],
      WorkingDir: '/workspace',
      User: '1000',
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      OpenStdin: false,
      Tty: false,
      HostConfig: {
        NetworkMode: 'container:abc',
        Mounts: [{ Type: 'volume', Source: 'ws', Target: '/workspace', ReadOnly: false }],
        Init: true,
        AutoRemove: false,
        Privileged: false,
        CapDrop: ['NET_RAW', 'MKNOD'],
        SecurityOpt: ['no-new-privileges'],
        Memory: 1024,
        MemorySwap: 1024,
        NanoCpus: 1_500_000_000,
        PidsLimit: 7,
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'local', Config: { 'max-size': '99', 'max-file': '2', compress: 'false' } },
      },
    });
  });

  it("takes every capability from outsiders' code", () => {
    expect(containerSpec({ ...draft, trust: 'untrusted' }, ceilings).HostConfig?.CapDrop).toEqual(['ALL']);
  });

  it('lets no step have more memory than the runner gives', () => {
    expect(containerSpec({ ...draft, limits: { memoryBytes: 5000 } }, ceilings).HostConfig).toMatchObject({
      Memory: 1024,
      MemorySwap: 1024,
    });
    expect(containerSpec({ ...draft, limits: { memoryBytes: 500 } }, ceilings).HostConfig).toMatchObject({
      Memory: 500,
      MemorySwap: 500,
    });
  });

  it('gives a service its name in the network', () => {
    const spec = containerSpec({ ...draft, network: { kind: 'network', name: 'net', aliases: ['db'] } }, ceilings);
    expect(spec.HostConfig?.NetworkMode).toBe('net');
    expect(spec.NetworkingConfig).toEqual({ EndpointsConfig: { net: { Aliases: ['db'] } } });
  });

  it('gives own hosts and name servers only where the engine takes them', () => {
    const more = { extraHosts: [{ host: 'a', address: '10.0.0.1' }], dns: ['1.1.1.1'] };
    expect(
      containerSpec({ ...draft, ...more, network: { kind: 'network', name: 'net' } }, ceilings).HostConfig,
    ).toMatchObject({ ExtraHosts: ['a:10.0.0.1'], Dns: ['1.1.1.1'] });
    expect(containerSpec({ ...draft, ...more }, ceilings).HostConfig).not.toHaveProperty('ExtraHosts');
  });

  it('mounts a repository of the machine read-only', () => {
    const spec = containerSpec(
      { ...draft, readOnlyFolder: { source: '/srv/git/a', target: '/cyclone/source' } },
      ceilings,
    );
    expect(spec.HostConfig?.Mounts).toContainEqual({
      Type: 'bind',
      Source: '/srv/git/a',
      Target: '/cyclone/source',
      ReadOnly: true,
    });
  });

  it('knows no privilege, device, foreign namespace or bind, whatever a draft carries besides', () => {
    const hostile = {
      ...draft,
      Privileged: true,
      privileged: true,
      HostConfig: { Binds: ['/:/host'] },
      pid: 'host',
      devices: ['/dev/sda'],
    };
    expect(containerSpec(hostile, ceilings)).toEqual(containerSpec(draft, ceilings));
  });
});

describe('workingDirIn', () => {
  it('is the workspace, a folder in it, or an absolute path', () => {
    expect([undefined, 'api', './api/..', '/srv'].map((dir) => workingDirIn('/workspace', dir))).toEqual([
      '/workspace',
      '/workspace/api',
      '/workspace',
      '/srv',
    ]);
  });
});
