import type { JobId, LogFrame, StepId, StepView } from '@cyclone/contracts';

/** A step begins or ends, as its readers are told. */
export const stepFrame = (
  stepId: StepId,
  step: StepView,
  jobId: JobId,
  status: 'started' | 'ended',
  cursor: string,
): LogFrame => {
  const end = status === 'ended' ? { outcome: step.outcome, exitCode: step.exitCode, reason: step.reason } : {};
  const at = status === 'ended' ? step.endedAt : step.startedAt;
  return { kind: 'step', status, jobId, stepId, name: step.name, stage: step.stage, at, ...end, cursor };
};
