import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensurePart } from '../parts/ensure-part.js';
import type { EnsureOptions } from '../parts/ensure-part.js';
import { runOrThrow } from '../process/run-command.js';
import type { ImageFile } from './image-files.js';
import { programFiles } from './program-files.js';

export type BaseImage = 'busybox' | 'git' | 'node' | 'redis';

export interface ImageRecipe {
  /** The public image that serves the same purpose, where a registry answers. */
  readonly pull: string;
  /** What the made image consists of, in the user's words. */
  readonly madeOf: string;
  /** Dockerfile instructions that `docker import` takes. */
  readonly changes: readonly string[];
  readonly files: (options: EnsureOptions) => Promise<ImageFile[]>;
}

const PROBE_TIMEOUT_MS = 15_000;
const SHELL_CHANGES = ['ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', 'CMD ["sh"]'];
const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt';

/** Where distributions keep the bundle of trusted certificates; the image has it at Debian's place. */
const CERTIFICATE_FILES = [
  `/${CERTIFICATES}`,
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

export const recipes: Readonly<Record<BaseImage, ImageRecipe>> = {
  busybox: {
    pull: 'docker.io/library/busybox:1.37',
    madeOf: 'a static busybox',
    changes: SHELL_CHANGES,
    files: shellFiles,
  },
  git: {
    pull: 'docker.io/alpine/git:v2.49.1',
    madeOf: "this machine's git with its libraries and certificates, and busybox",
    // The public image starts git; both are to start a shell.
    // Debian's git would start a pager that is not in the image.
    changes: [...SHELL_CHANGES, 'ENV GIT_PAGER=cat'],
    files: async (options) => [...(await shellFiles(options)), ...(await gitFiles(options))],
  },
  node: {
    pull: 'docker.io/library/node:24-alpine',
    madeOf: 'the Node.js that runs this, with its libraries, and busybox',
    changes: SHELL_CHANGES,
    files: async (options) => [
      ...(await shellFiles(options)),
      ...(await programFiles(process.execPath, 'usr/local/bin/node')),
      ...(await certificateFiles()),
    ],
  },
  redis: {
    pull: 'docker.io/library/redis:7-alpine',
    madeOf: "this machine's redis-server with its libraries, and busybox",
    changes: [...SHELL_CHANGES, 'EXPOSE 6379', 'CMD ["redis-server", "--protected-mode", "no", "--save", ""]'],
    files: async (options) => [
      ...(await shellFiles(options)),
      ...(await programFiles((await ensurePart('redis-server', options)).program, 'usr/local/bin/redis-server')),
    ],
  },
};

/** What every image needs to run a command: a shell with its tools, users, and a place for temporary files. */
export async function shellFiles(options: EnsureOptions): Promise<ImageFile[]> {
  const { program } = await ensurePart('busybox', options);
  const applets = await runOrThrow(program, ['--list'], { timeoutMs: PROBE_TIMEOUT_MS });
  const links = applets.split('\n').filter((applet) => applet !== '' && applet !== 'busybox');
  return [
    { kind: 'folder', path: 'tmp', mode: 0o1777 },
    { kind: 'folder', path: 'root', mode: 0o700 },
    {
      kind: 'text',
      path: 'etc/passwd',
      text: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n',
    },
    { kind: 'text', path: 'etc/group', text: 'root:x:0:\nnogroup:x:65534:\n' },
    { kind: 'text', path: 'etc/nsswitch.conf', text: 'passwd: files\ngroup: files\nhosts: files dns\n' },
    ...(await programFiles(program, 'bin/busybox')),
    ...links.map((applet): ImageFile => ({ kind: 'link', path: `bin/${applet}`, to: 'busybox' })),
    // Scripts begin with /usr/bin/env as often as with /bin/sh.
    { kind: 'link', path: 'usr/bin/env', to: '../../bin/busybox' },
  ];
}

async function gitFiles(options: EnsureOptions): Promise<ImageFile[]> {
  const { program } = await ensurePart('git', options);
  const execPath = (await runOrThrow(program, ['--exec-path'], { timeoutMs: PROBE_TIMEOUT_MS })).trim();
  const inExecPath = (name: string) => join(execPath, name).slice(1);
  const builtin = ['git', 'git-upload-pack', 'git-receive-pack', 'git-upload-archive'];
  const scripts = (await readdir(execPath)).filter((name) => /^git-(submodule|sh-setup|sh-i18n.*)$/.test(name));
  const https = await programFiles(join(execPath, 'git-remote-https'), inExecPath('git-remote-https'));
  return [
    ...(await programFiles(program, 'usr/bin/git')),
    // Without it, if empty, every clone begins with a warning.
    { kind: 'folder', path: 'usr/share/git-core/templates' },
    ...builtin.map((name): ImageFile => ({ kind: 'link', path: inExecPath(name), to: '/usr/bin/git' })),
    ...https,
    { kind: 'link', path: inExecPath('git-remote-http'), to: 'git-remote-https' },
    ...scripts.map((name): ImageFile => ({ kind: 'copy', path: inExecPath(name), from: join(execPath, name) })),
    ...(await nameServiceFiles(https)),
    ...(await certificateFiles()),
  ];
}

/** Older C libraries load their resolvers at run time, so that `ldd` does not show them. */
async function nameServiceFiles(files: readonly ImageFile[]): Promise<ImageFile[]> {
  const libc = files.find(({ path }) => path.endsWith('/libc.so.6'));
  if (libc === undefined) return [];
  const folder = dirname(libc.path);
  const found: ImageFile[] = [];
  for (const name of ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']) {
    const from = join('/', folder, name);
    if (await exists(from)) found.push({ kind: 'copy', path: join(folder, name), from });
  }
  return found;
}

async function certificateFiles(): Promise<ImageFile[]> {
  for (const from of CERTIFICATE_FILES) {
    if (await exists(from)) return [{ kind: 'copy', path: CERTIFICATES, from, mode: 0o644 }];
  }
  return [];
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}
