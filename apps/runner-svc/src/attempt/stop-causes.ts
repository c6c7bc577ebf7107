import type { StopCause } from '@cyclone/job-engine';

export const cancelledByOrder: StopCause = {
  outcome: 'cancelled',
  reason: { code: 'cancelled', message: 'The build was cancelled.' },
};

export const cutOffTooLong: StopCause = {
  outcome: 'cancelled',
  reason: {
    code: 'runner-cut-off',
    message: 'The runner could not reach the control plane for ten minutes and stopped.',
  },
};
