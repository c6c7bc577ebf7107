import { Controller, Module } from '@nestjs/common';
import { type BuildView, type ProjectView, logAsks, pipelineAsks } from '@cyclone/contracts';
import { Answers } from '@cyclone/messaging/nest';
import { aBuild, aLogIndex, aProject } from './a-build.js';

/** What pipeline-svc and log-svc would answer; each test sets it. */
export const world = {
  project: aProject(),
  build: aBuild([]),
  previous: [] as BuildView[],
  askedForPrevious: 0,
  token: undefined as string | undefined,
  logs: new Map<string, { text: string; sealed: boolean }>(),
};

@Controller()
class StandIn {
  @Answers(pipelineAsks.getProject)
  async getProject(_request: object, _context: unknown): Promise<ProjectView> {
    return world.project;
  }

  @Answers(pipelineAsks.getBuild)
  async getBuild(_request: object, _context: unknown): Promise<BuildView> {
    return world.build;
  }

  @Answers(pipelineAsks.listBuilds)
  async listBuilds(_request: object, _context: unknown) {
    world.askedForPrevious += 1;
    return { items: world.previous };
  }

  @Answers(pipelineAsks.readCredential)
  async readCredential(_request: object, _context: unknown) {
    return { value: world.token };
  }

  @Answers(logAsks.indexLogs)
  async indexLogs(_request: object, _context: unknown) {
    return {
      steps: [...world.logs].map(([stepId, { text, sealed }]) =>
        aLogIndex(stepId, Buffer.byteLength(text), { sealed }),
      ),
    };
  }

  @Answers(logAsks.readLog)
  async readLog(request: { stepId: string; offset: number; limit: number }, _context: unknown) {
    const data = Buffer.from(world.logs.get(request.stepId)?.text ?? '').subarray(
      request.offset,
      request.offset + request.limit,
    );
    return {
      offset: request.offset,
      data: data.toString('base64'),
      bytes: data.byteLength,
      end: false,
      damaged: false,
      truncated: false,
    };
  }
}

@Module({ controllers: [StandIn] })
export class StandInModule {}
