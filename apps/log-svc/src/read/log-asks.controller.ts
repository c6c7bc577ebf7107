import { Controller, Inject } from '@nestjs/common';
import { type LogRange, type LogRangeRequest, type BuildId, type StepLogIndex, logAsks } from '@cyclone/contracts';
import { Answers } from '@cyclone/messaging/nest';
import type { LogStore } from '../store/log-store.js';
import { indexLogs, readLog } from './read-log.js';

export const logStoreToken = Symbol('LogStore');

@Controller()
export class LogAsksController {
  constructor(@Inject(logStoreToken) private readonly store: LogStore) {}

  @Answers(logAsks.readLog)
  readLog(request: LogRangeRequest): Promise<LogRange> {
    return readLog(request, this.store);
  }

  @Answers(logAsks.indexLogs)
  indexLogs(request: { readonly buildId: BuildId }): Promise<{ steps: StepLogIndex[] }> {
    return indexLogs(request.buildId, this.store);
  }
}
