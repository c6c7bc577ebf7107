import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommitSha } from '@cyclone/contracts';
import { CatFileEndedError, CatFileSession, ObjectTooLargeError } from './cat-file-session.js';
import { explainGitFailure } from './explain-git-failure.js';
import { parseCommit, refCandidates } from './git-names.js';
import { runGit } from './git-process.js';
import {
  SourceError,
  type JudgeSource,
  type SourceReader,
  type SourceRequest,
  type SourceSnapshot,
  type SourceVerdict,
} from './source-reader.js';

export interface GitSourceReaderOptions {
  /** A folder of our own: an empty home and short-lived repositories. */
  readonly workFolder: string;
  readonly judgeSource: JudgeSource;
  readonly searchPath: string;
  /** Bundle of the authorities that the forge's certificate may be signed by, beside the system's. */
  readonly certificateFile?: string | undefined;
  readonly deadlineMs?: number;
}

const deadlineMsDefault = 20_000;
const packBytesMax = 512 * 1024 * 1024;
const objectBytesMax = 1024 * 1024;

type Remote = Extract<SourceVerdict, { kind: 'remote' }>;
interface Place {
  readonly gitDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Reads commits with the `git` program, as a child process that has nothing but what it is given here. */
export class GitSourceReader implements SourceReader {
  readonly #options: GitSourceReaderOptions;
  readonly #home: string;
  readonly #askPassword: string;

  constructor(options: GitSourceReaderOptions) {
    this.#options = options;
    this.#home = join(options.workFolder, 'home');
    this.#askPassword = join(options.workFolder, 'ask-password');
  }

  async prepare(): Promise<void> {
    await rm(this.#options.workFolder, { recursive: true, force: true });
    await mkdir(this.#home, { recursive: true, mode: 0o700 });
    const answer =
      'case "$1" in Username*) printf %s "$CYCLONE_GIT_USERNAME";; *) printf %s "$CYCLONE_GIT_PASSWORD";; esac';
    await writeFile(this.#askPassword, `#!/bin/sh\n${answer}\n`, { mode: 0o700 });
    await chmod(this.#askPassword, 0o700);
  }

  async read(request: SourceRequest): Promise<SourceSnapshot> {
    const refs = refCandidates(request.ref);
    if (request.fileRef !== undefined) refCandidates(request.fileRef);
    const verdict = await this.#options.judgeSource(request.url);
    if (verdict.kind === 'refused') throw new SourceError('url-refused', verdict.message);
    if (verdict.kind === 'remote' && /[\0-\x1f]/.test(verdict.url))
      throw new SourceError('url-refused', 'an address has no control characters');
    if (verdict.kind === 'unresolved') throw new SourceError('host-unreachable', verdict.message);
    if (verdict.kind === 'folder') {
      const place = { gitDir: verdict.path, environment: this.#environment({}, 'none') };
      return this.#readFrom(place, request, refs, (ref) => refCandidates(ref));
    }
    return this.#readRemote(verdict, request, refs);
  }

  async #readRemote(remote: Remote, request: SourceRequest, refs: readonly string[]): Promise<SourceSnapshot> {
    const gitDir = join(this.#options.workFolder, `fetch-${randomBytes(8).toString('hex')}`);
    try {
      const place = {
        gitDir,
        environment: this.#environment(await this.#access(gitDir, remote, request), 'https:http:ssh'),
      };
      await makeBareRepository(gitDir, remote);
      const tip = await this.#fetch(place, refs, request.sha);
      const fileTip =
        request.fileRef === undefined ? undefined : await this.#fetch(place, refCandidates(request.fileRef), undefined);
      const snapshot = await this.#readFrom(place, { ...request, sha: tip.sha }, [tip.ref], () =>
        fileTip === undefined ? [] : [fileTip.sha],
      );
      return { ...snapshot, ref: tip.ref };
    } finally {
      await rm(gitDir, { recursive: true, force: true });
    }
  }

  /** Brings one commit, by its own name where it is known and the server allows it, else by its ref's. */
  async #fetch(
    place: Place,
    refs: readonly string[],
    sha: CommitSha | undefined,
  ): Promise<{ sha: CommitSha; ref: string }> {
    if (sha !== undefined && (await this.#fetchOne(place, sha)) === undefined) return { sha, ref: refs[0] ?? sha };
    let failure: SourceError | undefined;
    for (const ref of refs) {
      failure = await this.#fetchOne(place, ref);
      if (failure !== undefined && failure.code !== 'ref-gone') throw failure;
      if (failure !== undefined) continue;
      const tip = await this.#tip(place);
      if (sha === undefined || tip === sha) return { sha: tip, ref };
      failure = new SourceError('ref-gone', `the repository no longer has commit ${sha}`);
    }
    throw failure ?? new SourceError('ref-gone', 'the repository has no such ref');
  }

  async #fetchOne(place: Place, what: string): Promise<SourceError | undefined> {
    const fetched = `+${what}:refs/cyclone/fetched`;
    const result = await runGit({
      ...place,
      arguments: [
        'fetch',
        '--quiet',
        '--depth=1',
        '--filter=blob:none',
        '--no-tags',
        '--no-write-fetch-head',
        '--end-of-options',
        'origin',
        fetched,
      ],
      deadlineMs: this.#options.deadlineMs ?? deadlineMsDefault,
      fileBytesMax: packBytesMax,
    });
    if (result.timedOut) throw new SourceError('fetch-timed-out', 'the repository did not answer in time');
    if (result.exitCode === 0) return undefined;
    const failure = explainGitFailure(result.stderr);
    if (failure.code !== 'ref-gone') throw failure;
    return failure;
  }

  async #tip(place: Place): Promise<CommitSha> {
    const result = await runGit({
      ...place,
      arguments: ['rev-parse', '--verify', '--end-of-options', 'refs/cyclone/fetched^{commit}'],
      deadlineMs: 5_000,
      fileBytesMax: 0,
    });
    const sha = CommitSha.safeParse(result.stdout.trim());
    if (!sha.success) throw new SourceError('ref-gone', 'the ref does not lead to a commit');
    return sha.data;
  }

  async #readFrom(
    place: Place,
    request: SourceRequest,
    refs: readonly string[],
    fileRefs: (ref: string) => readonly string[],
  ): Promise<SourceSnapshot> {
    const session = new CatFileSession({ ...place, arguments: [], fileBytesMax: packBytesMax }, objectBytesMax);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      session.stop();
    }, this.#options.deadlineMs ?? deadlineMsDefault);
    try {
      const found = await firstCommit(session, request.sha === undefined ? refs : [request.sha]);
      if (found === undefined) {
        throw new SourceError('ref-gone', `the repository has no ${request.sha ?? request.ref}`);
      }
      const ref = request.sha === undefined ? found.name : (refs[0] ?? request.ref);
      const fileCommit = request.fileRef === undefined ? found : await firstCommit(session, fileRefs(request.fileRef));
      if (fileCommit === undefined) throw new SourceError('ref-gone', `the repository has no ${request.fileRef}`);
      const file = await firstFile(session, fileCommit.sha, request.paths);
      return { sha: found.sha, ref, commit: parseCommit(found.bytes), ...(file === undefined ? {} : { file }) };
    } catch (error) {
      if (timedOut) throw new SourceError('fetch-timed-out', 'the repository did not answer in time');
      if (error instanceof ObjectTooLargeError)
        throw new SourceError('file-too-large', `the commit has ${error.message}`);
      if (error instanceof CatFileEndedError) throw explainGitFailure(error.stderr);
      throw error;
    } finally {
      clearTimeout(timer);
      session.stop();
    }
  }

  #environment(access: Readonly<Record<string, string>>, protocols: string): Readonly<Record<string, string>> {
    const { certificateFile, searchPath } = this.#options;
    return {
      PATH: searchPath,
      HOME: this.#home,
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: this.#askPassword,
      GIT_ALLOW_PROTOCOL: protocols,
      GIT_OPTIONAL_LOCKS: '0',
      ...(certificateFile === undefined ? {} : { GIT_SSL_CAINFO: certificateFile }),
      ...access,
    };
  }

  /** Credentials go by the environment or a file that only we read, never by an argument. */
  async #access(gitDir: string, remote: Remote, request: SourceRequest): Promise<Record<string, string>> {
    const ssh = 'ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=10';
    const { username, password } = request;
    if (/^ssh:|^[^/]+@[^/]+:/.test(remote.url)) {
      if (password === undefined) return { GIT_SSH_COMMAND: ssh };
      await mkdir(gitDir, { mode: 0o700 });
      await writeFile(join(gitDir, 'identity'), `${password.trim()}\n`, { mode: 0o600 });
      return { GIT_SSH_COMMAND: `${ssh} -o IdentitiesOnly=yes -i ${join(gitDir, 'identity')}` };
    }
    return password === undefined ? {} : { CYCLONE_GIT_USERNAME: username ?? 'git', CYCLONE_GIT_PASSWORD: password };
  }
}

/** What `git init --bare` would make, without its process; only our own values stand in its configuration. */
const makeBareRepository = async (gitDir: string, remote: Remote): Promise<void> => {
  await mkdir(join(gitDir, 'objects'), { recursive: true, mode: 0o700 });
  await mkdir(join(gitDir, 'refs'));
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
  const quoted = remote.url.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  const pin = remote.pin;
  await writeFile(
    join(gitDir, 'config'),
    [
      '[core]\n\trepositoryformatversion = 1\n\tbare = true',
      '[extensions]\n\tpartialClone = origin',
      `[remote "origin"]\n\turl = "${quoted}"\n\tpromisor = true\n\tpartialclonefilter = blob:none`,
      ...(pin === undefined ? [] : [`[http]\n\tcurloptResolve = ${pin.host}:${pin.port}:${pin.addresses.join(',')}`]),
      '',
    ].join('\n'),
  );
};

const firstCommit = async (session: CatFileSession, names: readonly string[]) => {
  for (const name of names) {
    const object = await session.read(`${name}^{commit}`);
    const sha = CommitSha.safeParse(object?.id);
    if (object?.type === 'commit' && sha.success) return { name, sha: sha.data, bytes: object.bytes };
  }
  return undefined;
};

const firstFile = async (session: CatFileSession, sha: CommitSha, paths: readonly string[]) => {
  for (const path of paths) {
    const object = await session.read(`${sha}:${path}`).catch((error: unknown) => {
      throw error instanceof ObjectTooLargeError
        ? new SourceError('file-too-large', `${path} has ${error.message}`)
        : error;
    });
    if (object?.type === 'blob') return { path, bytes: new Uint8Array(object.bytes) };
  }
  return undefined;
};
