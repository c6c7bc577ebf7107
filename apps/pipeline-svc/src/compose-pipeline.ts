import { join } from 'node:path';
import { parseSourcePolicy } from '@cyclone/job-engine/source-policy';
import type { MongoStores } from '@cyclone/event-store/mongo';
import type { Publisher, Signals } from '@cyclone/messaging';
import type { Provisioner } from '@cyclone/messaging/jetstream';
import type { Logger } from '@cyclone/observability';
import type { Failpoint } from '@cyclone/service-host';
import type { mongo } from 'mongoose';
import type { AnswerPorts } from './answers/answer-ports.js';
import { Builds } from './build/builds.js';
import { ClaimJob } from './build/claim/claim-job.js';
import { JobAssignments } from './build/claim/job-assignments.js';
import { BuildNumbers } from './build/request/build-numbers.js';
import { RequestBuild } from './build/request/request-build.js';
import type { Clock } from './clock.js';
import type { PipelineConfig } from './config.js';
import { GitSourceReader } from './planning/git-source-reader.js';
import { judgeSourceBy } from './planning/judge-source.js';
import { PlanBuild } from './planning/plan-build.js';
import { BuildTimeouts } from './process-managers/build-timeouts/build-timeouts.runner.js';
import { BuildViews } from './projections/build-views.js';
import { ProjectViews } from './projections/project-views.js';
import { Projects } from './project/projects.js';
import { BuildQueries } from './queries/build-queries.js';
import { readProject } from './queries/read-build.js';
import { BuildReactions } from './reactors/build-reactions.js';
import { ReconcileOpenBuilds } from './reactors/reconcile-open-builds.js';
import { AnnounceRunner } from './runners/announce-runner.js';
import { preparePools } from './runners/prepare-pools.js';
import { RecordLostJobs } from './runners/record-lost-jobs.js';
import { RunnerLeases } from './runners/runner-leases.js';
import { DispatchReadyJobs } from './scheduling/dispatch-ready-jobs.reactor.js';
import { JobQueue } from './scheduling/job-queue.js';
import { MongoSecretVault } from './secrets/mongo.secret-vault.js';
import { JobTokens } from './tokens/job-token.js';

export interface Outside {
  readonly config: PipelineConfig;
  readonly db: mongo.Db;
  readonly stores: MongoStores;
  readonly publisher: Publisher;
  readonly signals: Signals;
  readonly provisioner: Provisioner;
  readonly now: Clock;
  readonly logger: Logger;
  readonly failpoint: Failpoint;
}

export interface ComposedPipeline {
  readonly answers: AnswerPorts;
  readonly reactions: BuildReactions;
  readonly timeouts: BuildTimeouts;
  readonly lostJobs: RecordLostJobs;
  readonly planBuild: PlanBuild;
  readonly reconcileOpenBuilds: ReconcileOpenBuilds;
}

const retryDelaysMs = [500, 2_000];

/** The composition root: the only place where a port meets its adapter. */
export const composePipeline = async (outside: Outside): Promise<ComposedPipeline> => {
  const { config, db, stores, publisher, signals, now, logger, failpoint } = outside;
  const store = stores.events;
  const contents = stores.contents;
  const masterKey = Buffer.from(config.masterKey, 'base64');
  const onProblem = (message: string, error: unknown): void => logger.error(message, { error });

  const vault = new MongoSecretVault(db, masterKey);
  const queue = new JobQueue(db);
  const judgeSource = judgeSourceBy(parseSourcePolicy(config.allowedSources));
  const { searchPath, certificateFile } = config;
  const workFolder = join(config.dataFolder, 'pipeline-svc', 'git');
  const sources = new GitSourceReader({ workFolder, judgeSource, searchPath, certificateFile });
  await Promise.all([vault.prepare(), queue.prepare(), sources.prepare()]);

  const tokens = new JobTokens(masterKey);
  const leases = new RunnerLeases(db);
  const buildViews = await BuildViews.open(db, store);
  const projectViews = await ProjectViews.open(db, store);
  const builds = new Builds(store, now);
  const projects = new Projects(store, vault, now);
  const numbers = new BuildNumbers(db);
  const requestBuild = new RequestBuild({ builds, projects, nextNumber: (projectId) => numbers.next(projectId) });
  const planBuild = new PlanBuild({ builds, projects, contents, sources, logger, failpoint, retryDelaysMs });
  const dispatch = new DispatchReadyJobs({ builds, queue, leases, publisher, now, logger, failpoint });
  const timeouts = new BuildTimeouts({ builds, now, onProblem });
  const reactions = new BuildReactions({ builds, planBuild, dispatch, timeouts, signals });
  const lostJobs = new RecordLostJobs({ builds, views: buildViews, leases, now, logger });
  const assignments = new JobAssignments({ projects, contents, tokens, judgeSource, now });
  const claimJob = new ClaimJob({ builds, assignments, tokens, leases, now, failpoint });
  const preparePool = preparePools(outside.provisioner, now);
  const announceRunner = new AnnounceRunner({
    builds,
    views: buildViews,
    leases,
    tokens,
    dispatch,
    lostJobs,
    now,
    preparePool,
    onProblem,
  });
  const queries = new BuildQueries(store, contents, buildViews, leases);

  builds.onCommitted((events, state) => {
    for (const event of events) {
      reactions.react(event, state).catch((error: unknown) => {
        logger.warn('could not react at once; the relay brings the event again', {
          event: event.type,
          stream: event.stream.id,
          error,
        });
      });
    }
  });

  const answers: AnswerPorts = {
    projects,
    projectViews,
    readProject: (projectId) => readProject(store, projectId),
    builds,
    buildViews,
    requestBuild,
    queries,
    claimJob,
    announceRunner,
    leases,
    dispatch,
    tokens,
  };
  const reconcileOpenBuilds = new ReconcileOpenBuilds({ builds, queue, dispatch, reactions, now });
  return { answers, reactions, timeouts, lostJobs, planBuild, reconcileOpenBuilds };
};
