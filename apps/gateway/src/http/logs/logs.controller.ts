import { once } from 'node:events';
import {
  type BuildId,
  logAsks,
  pipelineAsks,
  routes,
  type Routes,
  type StepId,
  type StepLogIndex,
} from '@cyclone/contracts';
import { Controller, Inject } from '@nestjs/common';
import type { Response } from 'express';
import type { Asks } from '../../asks.js';
import type { Answer, Call } from '../call.js';
import { Handles } from '../handles.js';
import { notFound, ProblemError } from '../problem-error.js';
import { ASKS } from '../tokens.di.js';
import { parseRange } from './byte-range.js';

const rangeBytesMax = 384 * 1024;

/** Logs are whatever a step printed: they leave as plain text that no browser is to guess about. */
const textHead = (name: string, isDownload: boolean): Record<string, string> => ({
  'Content-Type': 'text/plain; charset=utf-8',
  'Content-Disposition': `${isDownload ? 'attachment' : 'inline'}; filename="${name}.log"`,
});

@Controller()
export class LogsController {
  constructor(@Inject(ASKS) private readonly asks: Asks) {}

  @Handles(routes.indexLogs)
  async index(call: Call<Routes['indexLogs']>): Promise<Answer<Routes['indexLogs']>> {
    const { buildId } = call.params;
    const { steps } = await this.asks.ask(logAsks.indexLogs, { buildId });
    return {
      body: { steps: steps.map((step) => ({ ...step, href: `/api/v1/builds/${buildId}/logs/${step.stepId}` })) },
    };
  }

  @Handles(routes.readStepLog)
  async readStep(call: Call<Routes['readStepLog']>): Promise<Answer<Routes['readStepLog']>> {
    const { buildId, stepId } = call.params;
    const found = await this.stepIndex(buildId, stepId);
    const fence = call.query.fence ?? found.fence;
    const isNewest = fence === found.fence;
    const head = {
      ...textHead(`${buildId}-${stepId}`, call.query.download === 'yes'),
      'Accept-Ranges': isNewest ? 'bytes' : 'none',
    };
    if (!isNewest)
      return {
        headers: head,
        write: (response) => this.copy(response, buildId, stepId, fence, 0, Number.MAX_SAFE_INTEGER),
      };

    // The end of what is there now: a log that still grows is read again from where this one ended.
    const range = parseRange(call.request.headers.range, found.bytes);
    if (range.kind === 'unsatisfiable') {
      throw new ProblemError(416, 'range-not-satisfiable', `the log has ${found.bytes} bytes`, {
        headers: { 'Content-Range': `bytes */${found.bytes}` },
      });
    }
    const [first, end] = range.kind === 'part' ? [range.first, range.last + 1] : [0, found.bytes];
    const total = found.sealed ? String(found.bytes) : '*';
    const partHead: Record<string, string> =
      range.kind === 'part' ? { 'Content-Range': `bytes ${first}-${end - 1}/${total}` } : {};
    return {
      status: range.kind === 'part' ? 206 : 200,
      headers: { ...head, ...partHead, 'Content-Length': String(end - first) },
      write: async (response) => {
        await this.copy(response, buildId, stepId, fence, first, end);
        response.end();
      },
    };
  }

  @Handles(routes.readBuildLog)
  async readWhole(call: Call<Routes['readBuildLog']>): Promise<Answer<Routes['readBuildLog']>> {
    const { buildId } = call.params;
    const [build, { steps: logs }] = await Promise.all([
      this.asks.ask(pipelineAsks.getBuild, { buildId }),
      this.asks.ask(logAsks.indexLogs, { buildId }),
    ]);
    const byStep = new Map(logs.map((log) => [log.stepId, log]));
    return {
      headers: textHead(`${build.projectId}-${build.number}`, call.query.download === 'yes'),
      write: async (response) => {
        for (const step of build.jobs.flatMap((job) => job.steps)) {
          const log = byStep.get(step.id);
          const outcome = step.outcome ?? step.status;
          response.write(
            `==> ${step.stage} / ${step.name}: ${outcome}${step.exitCode === undefined ? '' : ` (exit code ${step.exitCode})`}\n`,
          );
          if (log !== undefined) await this.copy(response, buildId, step.id, log.fence, 0, log.bytes);
          if (log?.damaged === true) response.write('\n[cyclone] this log is damaged: some of it was lost\n');
          response.write('\n');
        }
        response.end();
      },
    };
  }

  private async stepIndex(buildId: BuildId, stepId: StepId): Promise<StepLogIndex> {
    const { steps } = await this.asks.ask(logAsks.indexLogs, { buildId });
    const found = steps.find((step) => step.stepId === stepId);
    if (found === undefined) throw notFound('log (the step has written nothing)');
    return found;
  }

  /** As fast as the reader takes it and no faster. */
  private async copy(
    response: Response,
    buildId: BuildId,
    stepId: StepId,
    fence: number,
    from: number,
    end: number,
  ): Promise<void> {
    for (let offset = from; offset < end && !response.destroyed;) {
      const range = await this.asks.ask(logAsks.readLog, {
        buildId,
        stepId,
        fence,
        offset,
        limit: Math.min(rangeBytesMax, end - offset),
      });
      if (range.bytes === 0) break;
      offset += range.bytes;
      if (!response.write(Buffer.from(range.data, 'base64')) && !response.destroyed) {
        const gone = new AbortController();
        const onClose = (): void => gone.abort();
        response.once('close', onClose);
        await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
        response.off('close', onClose);
      }
    }
    if (end === Number.MAX_SAFE_INTEGER) response.end();
  }
}
