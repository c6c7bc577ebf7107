import { pipelineAsks } from '@cyclone/contracts';
import { Answers, RefusalError } from '@cyclone/messaging/nest';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { ports, type AnswerPorts } from './answer-ports.js';

type Asked<Ask extends keyof typeof pipelineAsks> = z.output<(typeof pipelineAsks)[Ask]['request']>;

@Controller()
export class RunnersController {
  constructor(@Inject(ports) private readonly ports: AnswerPorts) {}

  @Answers(pipelineAsks.announceRunner)
  announce(announcement: Asked<'announceRunner'>) {
    return this.ports.announceRunner.announce(announcement);
  }

  @Answers(pipelineAsks.claimJob)
  async claim(request: Asked<'claimJob'>) {
    try {
      return await this.ports.claimJob.claim(request);
    } catch (error) {
      // Nobody can claim this attempt any more: its place in the queue is free.
      if (error instanceof RefusalError) await this.ports.dispatch.forget(request);
      throw error;
    }
  }

  @Answers(pipelineAsks.resumeJob)
  resume({ runnerId, held, token }: Asked<'resumeJob'>) {
    return this.ports.claimJob.resume(runnerId, held, token);
  }

  @Answers(pipelineAsks.listRunners)
  async list() {
    return { items: [...(await this.ports.leases.list())] };
  }

  @Answers(pipelineAsks.jobTokenKey)
  jobTokenKey() {
    const { keyId, publicKeyPem } = this.ports.tokens;
    return { keyId, publicKeyPem };
  }
}
