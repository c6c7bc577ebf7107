import { pipelineAsks, type BuildId } from '@cyclone/contracts';
import { Answers } from '@cyclone/messaging/nest';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { buildNotFound } from '../build/domain/build-rejections.js';
import { refuse } from '../refusals.js';
import { ports, type AnswerPorts } from './answer-ports.js';

type Asked<Ask extends keyof typeof pipelineAsks> = z.output<(typeof pipelineAsks)[Ask]['request']>;

@Controller()
export class BuildsController {
  constructor(@Inject(ports) private readonly ports: AnswerPorts) {}

  @Answers(pipelineAsks.requestBuildForChange)
  requestForChange({ projectId, deliveryId, change, ...origin }: Asked<'requestBuildForChange'>) {
    return this.ports.requestBuild.forChange(projectId, deliveryId, change, origin);
  }

  @Answers(pipelineAsks.startBuild)
  async start({ projectId, ref, sha, message, ...origin }: Asked<'startBuild'>) {
    return this.#shown(await this.ports.requestBuild.byHand(projectId, { ref, sha, message }, origin));
  }

  @Answers(pipelineAsks.rerunBuild)
  async rerun({ buildId, ...origin }: Asked<'rerunBuild'>) {
    return this.#shown(await this.ports.requestBuild.again(buildId, origin));
  }

  @Answers(pipelineAsks.cancelBuild)
  async cancel({ buildId, reason, ...origin }: Asked<'cancelBuild'>) {
    const { builds, queries } = this.ports;
    const { state } = await builds.load(buildId);
    if (state.status === 'unknown') throw refuse(buildNotFound);
    const message = reason ?? `cancelled by ${origin.actor.name ?? origin.actor.id}`;
    const handled = await builds.carryOut(
      buildId,
      state.projectId,
      { type: 'CancelBuild', reason: { code: 'cancelled', message } },
      origin,
    );
    if (handled.kind === 'rejected') throw refuse(handled.rejection);
    return queries.get(buildId);
  }

  @Answers(pipelineAsks.getBuild)
  get({ buildId, at }: Asked<'getBuild'>) {
    return this.ports.queries.get(buildId, at);
  }

  @Answers(pipelineAsks.getPlan)
  plan({ buildId }: Asked<'getPlan'>) {
    return this.ports.queries.plan(buildId);
  }

  @Answers(pipelineAsks.listBuilds)
  list({ after, limit, ...filter }: Asked<'listBuilds'>) {
    return this.ports.queries.list(filter, after, limit);
  }

  @Answers(pipelineAsks.listBuildEvents)
  events({ buildId, after, limit }: Asked<'listBuildEvents'>) {
    return this.ports.queries.events(buildId, after, limit);
  }

  @Answers(pipelineAsks.listImages)
  images({ projects, after, limit }: Asked<'listImages'>) {
    return this.ports.queries.listImages(projects, after, limit);
  }

  /** Whoever has just asked for a build also finds it in the lists. */
  async #shown(buildId: BuildId) {
    await this.ports.buildViews.projector.catchUp(buildId);
    return this.ports.queries.get(buildId);
  }
}
