import type { RunnerReport } from '@cyclone/contracts';
import { assertNever } from './domain/assert-never.js';
import type { BuildCommand } from './domain/build-commands.js';

/** What a runner says happened, as the command that asks the Build to believe it. */
export const commandOfReport = (report: RunnerReport, openSteps: 'wait' | 'close'): BuildCommand => {
  const { jobId, attempt, fence, at } = report;
  switch (report.kind) {
    case 'step-started': {
      const { stepId, startedAt, image, imageDigest } = report;
      return { type: 'RecordStepStarted', step: { jobId, attempt, fence, stepId, startedAt, image, imageDigest } };
    }
    case 'step-ended': {
      const { stepId, outcome, exitCode, reason, ignored, startedAt, endedAt, log } = report;
      const step = { jobId, attempt, fence, stepId, outcome, exitCode, reason, ignored, startedAt, endedAt, log };
      return { type: 'RecordStepEnded', step };
    }
    case 'image-published': {
      const { stepId, repository, digest, tags, sizeBytes } = report;
      return {
        type: 'RecordImagePublished',
        image: { jobId, attempt, fence, stepId, repository, digest, tags, sizeBytes },
      };
    }
    case 'job-ended': {
      const { outcome, reason } = report;
      return {
        type: 'RecordJobEnded',
        jobId,
        attempt,
        fence,
        outcome,
        at,
        openSteps,
        ...(reason === undefined ? {} : { reason }),
      };
    }
    default:
      return assertNever(report);
  }
};
