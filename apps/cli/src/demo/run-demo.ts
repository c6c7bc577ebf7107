import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProjectId, routes, type BuildId, type BuildView } from '@cyclone/contracts';
import {
  ensureDockerEngine,
  ensureImage,
  freePort,
  openDocker,
  startRegistry,
  type LocalRegistry,
} from '@cyclone/local-servers';
import { createApiClient, type ApiClient } from '../client/api-client.js';
import { followLog } from '../client/log-socket.js';
import { createLogPrinter, describeBuild } from '../output/log-printer.js';
import { formatDuration, paint, type Terminal } from '../output/terminal.js';
import { startPlatform, type Platform } from '../up/platform.js';
import { startMailCatcher, type MailCatcher } from './mail-catcher.js';
import { checkMail, checkPublishedImage } from './check-outcome.js';
import { DemoFailure } from './demo-failure.js';
import { createSampleRepository, type SampleImages, type SampleRepository } from './sample-repository.js';

const projectId = ProjectId.parse('hello-service');
const mailAddress = 'team@example.com';
const deliveryTimeoutMs = 15_000;
const mailTimeoutMs = 70_000;

interface Stage {
  readonly platform: Platform;
  readonly client: ApiClient;
  readonly registry: LocalRegistry;
  readonly mails: MailCatcher;
  readonly repository: SampleRepository;
}

export async function runDemo(
  terminal: Terminal,
  options: { readonly keep: boolean; readonly port: number | undefined },
): Promise<void> {
  const begun = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'cyclone-demo-'));
  const closing: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const stage = await setTheStage(terminal, { folder, port: options.port ?? (await freePort()), closing });
    const pushedAt = performance.now();
    const sha = await stage.repository.pushChange('Say hello');
    heading(terminal, `git push: commit ${sha.slice(0, 10)} went to the repository, its hook to Cyclone`);
    const build = await watchBuild(terminal, stage, await waitForBuild(stage.client));
    terminal.line(
      `\n${describeBuild(terminal, build)} ${paint(terminal, 'dim', `(${formatDuration(performance.now() - pushedAt)} since the push)`)}`,
    );
    if (build.outcome !== 'succeeded')
      throw new DemoFailure(
        `the build ended as ${build.outcome}${build.reason === undefined ? '' : `: ${build.reason.message}`}`,
      );
    await showImage(terminal, stage, build);
    await showMail(terminal, stage);
    showNextSteps(terminal, stage, build, options.keep);
    terminal.line(
      `\n${paint(terminal, 'green', '✔')} All of it worked, in ${formatDuration(performance.now() - begun)}.`,
    );
    if (options.keep) await untilInterrupted();
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function setTheStage(
  terminal: Terminal,
  {
    folder,
    port,
    closing,
  }: { readonly folder: string; readonly port: number; readonly closing: (() => Promise<unknown>)[] },
): Promise<Stage> {
  heading(terminal, 'Starting Cyclone: MongoDB, NATS, five services, a registry, a mail server');
  const begun = performance.now();
  const opened = <Part extends { stop(): Promise<void> }>(part: Part): Part => {
    closing.push(() => part.stop());
    return part;
  };
  const [registry, mails, images] = await Promise.all([
    startRegistry({ dataDir: join(folder, 'registry') }).then(opened),
    startMailCatcher().then(opened),
    prepareImages(terminal),
  ]);
  const source = fileURLToPath(new URL('../../../../examples/hello-service', import.meta.url));
  const repository = await createSampleRepository({ source, folder: join(folder, 'git'), images });
  const platform = opened(
    await startPlatform({
      dataDir: join(folder, 'data'),
      port,
      environment: {},
      asProcesses: false,
      executor: 'docker',
      slots: 4,
      logLevel: 'error',
      say: (message) => terminal.line(message),
      variables: { CYCLONE_SMTP_URL: mails.url, CYCLONE_ALLOWED_HOSTS: repository.barePath },
    }),
  );
  if (platform.firstToken === undefined) throw new DemoFailure("the first start gave no administrator's token");
  const client = createApiClient({ url: platform.url, token: platform.firstToken }, { timeoutMs: 15_000 });
  terminal.line(`  ${platform.url} answers after ${formatDuration(performance.now() - begun)}`);
  const created = await client.call(routes.createProject, {
    body: {
      id: projectId,
      name: 'Hello service',
      repository: { url: repository.barePath, forge: 'bare' },
      imageRepository: `${registry.host}/demo/hello-service`,
      mail: [{ when: 'always', recipients: [mailAddress] }],
    },
  });
  terminal.line(
    `  project ${created.project.id} is registered; webhook ${created.hook.outcome}: ${created.hook.message}`,
  );
  return { platform, client, registry, mails, repository };
}

/** The sample's public images where a registry answers; else their like, made of this machine's programs. */
async function prepareImages(terminal: Terminal): Promise<SampleImages> {
  const docker = openDocker(await ensureDockerEngine());
  const [node, redis, git] = await Promise.all([
    ensureImage(docker, 'node'),
    ensureImage(docker, 'redis'),
    ensureImage(docker, 'git'),
  ]);
  for (const { reference, way, origin } of [node, redis, git]) {
    const told = {
      present: 'was here',
      pulled: 'was pulled',
      made: 'was made on the spot, since no registry answered',
    }[way];
    terminal.line(`  image ${reference} ${told} (${origin})`);
  }
  return { node: node.reference, redis: redis.reference };
}

/** The delivery's verdict names the build. */
async function waitForBuild(client: ApiClient): Promise<BuildId> {
  const deadline = performance.now() + deliveryTimeoutMs;
  while (performance.now() < deadline) {
    const [delivery] = (await client.call(routes.listDeliveries, { params: { projectId } })).items;
    const verdict = delivery?.verdict;
    if (verdict?.kind === 'built') return verdict.buildId;
    if (verdict !== undefined) throw new DemoFailure(`the delivery was judged ${JSON.stringify(verdict)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new DemoFailure('no webhook delivery arrived after the push');
}

async function watchBuild(terminal: Terminal, { client }: Stage, buildId: BuildId): Promise<BuildView> {
  const printer = createLogPrinter(terminal, { bodies: true });
  for await (const frame of followLog(client.context, { buildId })) {
    printer.print(frame);
    if (frame.kind === 'end' && frame.logs === 'incomplete') throw new DemoFailure('part of the log is missing');
  }
  return client.call(routes.getBuild, { params: { buildId } });
}

async function showImage(terminal: Terminal, { registry }: Stage, build: BuildView): Promise<void> {
  const image = await checkPublishedImage(registry, build);
  heading(terminal, 'The image is in the registry');
  terminal.line(`  ${image.repository}@${image.digest}`);
  terminal.line(`  tags: ${image.tags.join(', ')}`);
}

async function showMail(terminal: Terminal, { mails }: Stage): Promise<void> {
  const mail = checkMail(await mails.next(mailTimeoutMs));
  heading(terminal, `The mail to ${mailAddress} has arrived`);
  terminal.line(`  ${paint(terminal, 'bold', mail.subject)}`);
  for (const line of mail.excerpt) terminal.line(`  ${line}`);
  terminal.line(`  attached: ${mail.attachment.name}, ${mail.attachment.bytes} bytes`);
}

function showNextSteps(terminal: Terminal, stage: Stage, build: BuildView, keep: boolean): void {
  const { url, token } = stage.client.context;
  heading(terminal, 'Go on from here');
  if (!keep) {
    terminal.line('  npm run demo -- --keep         the same, left running to try things on');
    terminal.line('  npm run cyclone -- up          the platform for real, with its data kept');
    terminal.line('  npm run cyclone -- --help      everything the command can do');
    return;
  }
  terminal.line(`  API        ${url}/api/v1/docs`);
  terminal.line(`  sign in    npm run cyclone -- login --url ${url} --token ${token}`);
  terminal.line('  builds     npm run cyclone -- builds ls');
  terminal.line(`  as it was  npm run cyclone -- builds show ${build.id} --at ${build.position - 5}`);
  terminal.line(
    `  push       cd ${stage.repository.workingCopy} && git commit --allow-empty -m again && git push origin main`,
  );
}

function heading(terminal: Terminal, text: string): void {
  terminal.line(`\n${paint(terminal, 'bold', `● ${text}`)}`);
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
