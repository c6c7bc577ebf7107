import type { DynamicModule } from '@nestjs/common';
import { ports, type AnswerPorts } from './answer-ports.js';
import { BuildsController } from './builds.controller.js';
import { ProjectsController } from './projects.controller.js';
import { RunnersController } from './runners.controller.js';

/** Everything that other services may ask of this one. */
export class PipelineModule {
  static with(given: AnswerPorts): DynamicModule {
    return {
      module: PipelineModule,
      controllers: [ProjectsController, BuildsController, RunnersController],
      providers: [{ provide: ports, useValue: given }],
    };
  }
}
