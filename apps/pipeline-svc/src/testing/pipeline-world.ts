import { randomBytes, randomUUID } from 'node:crypto';
import {
  CommandId,
  type CommitSha,
  DeliveryId,
  JobOffer,
  pipelineAsks,
  ProjectId,
  ProjectSettings,
  runnerJobsConsumer,
  RunnerId,
  RunnerReport,
  subjects,
  type BuildId,
  type Change,
  type HeldJob,
  type JobAssignment,
} from '@cyclone/contracts';
import { done, type Subscription } from '@cyclone/messaging';
import {
  connectNats,
  JetStreamConsumer,
  JetStreamPublisher,
  NatsSignals,
  type NatsLink,
} from '@cyclone/messaging/jetstream';
import { createAskClient, type AskClient } from '@cyclone/messaging/nest';
import { createMetrics, silentLogger } from '@cyclone/observability';
import { loadConfig, type RunningService } from '@cyclone/service-host';
import { temporaryFolder, type TemporaryFolder } from '@cyclone/testing';
import { testMongo, testNats, type TestMongo } from '@cyclone/testing/servers';
import { pipelineConfigSchema } from '../config.js';
import { pipelineService } from '../pipeline-service.js';
import { TestRepository } from './test-repository.js';

export const twoStepFile = `
steps:
  - name: compile
    image: busybox
    environment:
      TOKEN:
        from_secret: token
    commands: [ "true" ]
  - name: test
    image: busybox
    commands: [ "true" ]
    depends_on: [ compile ]
`;

/** Real servers, the service, and a client that asks it; the runner is played by the spec. */
export class PipelineWorld {
  readonly projectId = ProjectId.parse('shop');
  #service: RunningService | undefined;

  private constructor(
    readonly mongo: TestMongo,
    readonly nats: Awaited<ReturnType<typeof testNats>>,
    readonly folder: TemporaryFolder,
    readonly repository: TestRepository,
    readonly link: NatsLink,
    readonly asks: AskClient,
    private readonly masterKey: string,
  ) {}

  static async begin(): Promise<PipelineWorld> {
    const [mongo, nats] = await Promise.all([testMongo(), testNats()]);
    const folder = await temporaryFolder();
    const link = await connectNats({ url: nats.url, name: 'spec', logger: silentLogger });
    const repository = new TestRepository(folder.path);
    return new PipelineWorld(
      mongo,
      nats,
      folder,
      repository,
      link,
      createAskClient(link),
      randomBytes(32).toString('base64'),
    );
  }

  async start(): Promise<void> {
    const config = loadConfig(pipelineConfigSchema, {
      CYCLONE_MONGO_URL: this.mongo.uri,
      CYCLONE_MONGO_DATABASE: this.mongo.dbName,
      CYCLONE_NATS_URL: this.nats.url,
      CYCLONE_MASTER_KEY: this.masterKey,
      CYCLONE_DATA_DIR: this.folder.path,
      CYCLONE_ALLOWED_HOSTS: this.folder.path,
      PATH: process.env['PATH'],
    });
    const signal = new AbortController().signal;
    this.#service = await pipelineService.start(config, { logger: silentLogger, metrics: createMetrics(), signal });
  }

  async stop(): Promise<void> {
    await this.#service?.stop();
    this.#service = undefined;
  }

  async end(): Promise<void> {
    await this.stop();
    await this.link.close();
    await Promise.all([this.mongo.dispose(), this.nats.dispose()]);
    await this.folder.dispose();
  }

  origin() {
    const id = randomUUID();
    return {
      commandId: CommandId.parse(id),
      actor: { kind: 'user' as const, id: 'ada' },
      trace: { correlationId: id },
    };
  }

  createProject() {
    const settings = ProjectSettings.parse({ name: 'Shop', repository: { url: this.repository.path, forge: 'bare' } });
    return this.asks.ask(pipelineAsks.createProject, { ...this.origin(), projectId: this.projectId, settings });
  }

  /** As a new delivery tells of it. */
  requestBuild(sha: CommitSha, over: Partial<Change> = {}) {
    const deliveryId = DeliveryId.parse(`d${randomUUID()}`);
    const push = {
      kind: 'push' as const,
      ref: 'refs/heads/main',
      after: sha,
      message: 'Add a shelf',
      author: { name: 'Ada' },
    };
    const change: Change = { ...push, ...over };
    return this.asks.ask(pipelineAsks.requestBuildForChange, {
      ...this.origin(),
      projectId: this.projectId,
      deliveryId,
      change,
    });
  }

  build(buildId: BuildId) {
    return this.asks.ask(pipelineAsks.getBuild, { buildId });
  }
}

/** Announces itself, takes offers as they come, and reports what the spec tells it to. */
export class PlayedRunner {
  readonly offers: JobOffer[] = [];
  readonly confirmed: string[] = [];
  readonly #publisher: JetStreamPublisher;
  readonly #stopListening: () => void;
  #subscription: Subscription | undefined;
  #reports = 0;

  constructor(
    private readonly world: PipelineWorld,
    readonly id = RunnerId.parse('runner-1'),
  ) {
    this.#publisher = new JetStreamPublisher({ link: world.link });
    this.#stopListening = new NatsSignals(world.link).listen(subjects.confirmReports(id), (signal) => {
      const { reportIds } = JSON.parse(Buffer.from(signal.data).toString('utf8')) as { reportIds: string[] };
      this.confirmed.push(...reportIds);
    });
  }

  announce(freeSlots: number, held: readonly HeldJob[] = []) {
    return this.world.asks.ask(pipelineAsks.announceRunner, {
      runnerId: this.id,
      name: this.id,
      pool: 'default',
      labels: {},
      executor: 'scripted',
      slots: 4,
      freeSlots,
      held: [...held],
      version: '0',
      draining: false,
    });
  }

  async takeOffers(): Promise<void> {
    const consumer = new JetStreamConsumer({ link: this.world.link, publisher: this.#publisher });
    this.#subscription = await consumer.subscribe({
      consumer: runnerJobsConsumer('default'),
      concurrency: 1,
      keyOf: (message) => message.id,
      handle: async (message) => {
        this.offers.push(JobOffer.parse(JSON.parse(Buffer.from(message.data).toString('utf8'))));
        return done;
      },
    });
  }

  claim(offer: Pick<JobOffer, 'buildId' | 'jobId' | 'attempt'>): Promise<JobAssignment> {
    const { buildId, jobId, attempt } = offer;
    return this.world.asks.ask(pipelineAsks.claimJob, {
      runnerId: this.id,
      runnerName: this.id,
      buildId,
      jobId,
      attempt,
    });
  }

  /** The report's id. With a try of its own, the same report can be sent again. */
  async report(
    assignment: JobAssignment,
    said: Record<string, unknown>,
    over: { reportId?: string; token?: string } = {},
  ): Promise<string> {
    this.#reports += 1;
    const reportId = over.reportId ?? `${this.id}-${this.#reports}-${randomUUID()}`;
    const { projectId, buildId, attempt, fence, job } = assignment;
    const report = RunnerReport.parse({
      reportId,
      projectId,
      buildId,
      jobId: job.id,
      attempt,
      fence,
      runnerId: this.id,
      at: 1_000,
      token: over.token ?? assignment.token,
      ...said,
    });
    const subject = subjects.report(projectId, buildId, job.id, report.kind);
    await this.#publisher.publish({
      subject,
      id: `${reportId}.${randomUUID()}`,
      data: Buffer.from(JSON.stringify(report)),
    });
    return reportId;
  }

  async leave(): Promise<void> {
    this.#stopListening();
    await this.#subscription?.drain(1_000);
  }
}
