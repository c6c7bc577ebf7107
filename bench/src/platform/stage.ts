import { ProjectId, type BuildId } from '@cyclone/contracts';
import { Client, type Hook, type Push, type SentPush } from './client.js';
import { EventFeed, type SeenEvent } from './event-feed.js';
import { readLog, type ReadLog } from './log-reader.js';
import { startPlatform, type Platform, type PlatformSettings } from './platform.js';
import { createRepository } from './repository.js';

/** A build as a person at the API sees it: from the push that was sent until the log has ended. */
export interface ObservedBuild {
  readonly buildId: BuildId;
  readonly push: SentPush;
  readonly log: ReadLog;
  readonly events: readonly SeenEvent[];
}

export type UnwatchedBuild = Omit<ObservedBuild, 'log'>;

export interface BenchProject {
  readonly hook: Hook;
  readonly push: Push;
}

/** The platform with a client that follows its events: where works are done. */
export class Stage implements AsyncDisposable {
  private constructor(
    readonly platform: Platform,
    private readonly client: Client,
    private readonly feed: EventFeed,
  ) {}

  static async open(settings: PlatformSettings): Promise<Stage> {
    const platform = await startPlatform(settings);
    try {
      return new Stage(platform, new Client(platform), await EventFeed.open(platform));
    } catch (error) {
      await platform[Symbol.asyncDispose]();
      throw error;
    }
  }

  async project(name: string, pipeline: string): Promise<BenchProject> {
    const { url, sha } = await createRepository(this.platform.repositoriesDir, name, pipeline);
    return {
      hook: await this.client.createProject(ProjectId.parse(name), url),
      push: { ref: 'refs/heads/main', sha },
    };
  }

  /** Sends the push and reads the log of what it becomes; an outcome other than success is an error. */
  async build(project: BenchProject): Promise<ObservedBuild> {
    const push = await this.client.sendPush(project.hook, project.push);
    const buildId = await this.feed.buildOf(push.deliveryId);
    const [log, events] = await Promise.all([readLog(this.platform, buildId), this.feed.untilFinished(buildId)]);
    this.feed.forget(buildId);
    if (log.outcome !== 'succeeded' || !log.isComplete)
      throw new Error(`build ${buildId} ${log.outcome}, its log ${log.isComplete ? 'complete' : 'incomplete'}`);
    return { buildId, push, log, events };
  }

  /** The same without looking at the log. */
  async buildUnwatched(project: BenchProject): Promise<UnwatchedBuild> {
    return (await this.send(project)).done;
  }

  /** Resolves when the webhook was answered; `done` when the build has ended. */
  async send(project: BenchProject): Promise<{ readonly done: Promise<UnwatchedBuild> }> {
    const push = await this.client.sendPush(project.hook, project.push);
    return { done: this.untilDone(push) };
  }

  private async untilDone(push: SentPush): Promise<UnwatchedBuild> {
    const buildId = await this.feed.buildOf(push.deliveryId);
    const events = await this.feed.untilFinished(buildId);
    this.feed.forget(buildId);
    return { buildId, push, events };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feed[Symbol.asyncDispose]();
    await this.platform[Symbol.asyncDispose]();
  }
}
