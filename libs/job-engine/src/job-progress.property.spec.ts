import { describe, expect, it } from '@jest/globals';
import type { PlannedStep, StepId } from '@cyclone/contracts';
import fc from 'fast-check';
import {
  hasFailed,
  jobEnd,
  servicesToStop,
  stepsToSkip,
  stepsToStart,
  type EndedStep,
  type JobProgress,
} from './job-progress.js';
import { aJob, aStep } from './testing/job-builder.js';

const parallelMax = 3;

const graphs = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat(20), { maxLength: 3 }),
      runWhen: fc.constantFrom('success', 'failure', 'always'),
      onFailure: fc.constantFrom('fail', 'ignore'),
      fails: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((drafts) => ({
    drafts,
    job: aJob({
      buildId: 'b',
      steps: drafts.map((draft, index) =>
        aStep({
          ...draft,
          id: `s${index}`,
          needs: index === 0 ? [] : [...new Set(draft.needs.map((need) => `s${need % index}`))],
        }),
      ),
    }).job,
  }));

const endOf = (step: PlannedStep, fails: boolean): EndedStep => ({
  outcome: fails ? 'failed' : 'succeeded',
  ignored: fails && step.onFailure === 'ignore',
});

describe('a walk over any graph, steps ending in any order', () => {
  it('reaches exactly one end, in which every step has one, and breaks no rule on the way', () => {
    fc.assert(
      fc.property(graphs, fc.infiniteStream(fc.nat()), fc.option(fc.nat(20)), ({ job, drafts }, picks, cancelAfter) => {
        const running = new Set<StepId>();
        const ended = new Map<StepId, EndedStep>();
        const started = new Set<StepId>();
        let stopping: JobProgress['stopping'];
        for (let turn = 0; turn < 100; turn += 1) {
          if (turn === cancelAfter) stopping = { outcome: 'cancelled', reason: { code: 'cancelled', message: '' } };
          const progress = { running, ended, stopping };
          for (const { stepId } of stepsToSkip(job, progress)) {
            expect(started.has(stepId)).toBe(false);
            ended.set(stepId, { outcome: 'skipped', ignored: false });
          }
          if (stepsToSkip(job, progress).length > 0) continue;
          for (const step of stepsToStart(job, progress, parallelMax)) {
            expect(started.has(step.id)).toBe(false);
            expect(step.needs.every((need) => ended.has(need))).toBe(true);
            if (step.runWhen === 'success') expect(hasFailed(progress)).toBe(false);
            started.add(step.id);
            running.add(step.id);
          }
          expect(running.size).toBeLessThanOrEqual(parallelMax);
          if (running.size === 0) break;
          const next = [...running][(picks.next().value ?? 0) % running.size];
          const index = job.steps.findIndex((step) => step.id === next);
          const step = job.steps[index];
          if (step === undefined) throw new Error('a step of another job');
          running.delete(step.id);
          ended.set(step.id, endOf(step, drafts[index]?.fails ?? false));
        }
        const progress = { running, ended, stopping };
        const end = jobEnd(job, progress);
        expect(ended.size).toBe(job.steps.length);
        expect(end?.outcome).toBe(stopping !== undefined ? 'cancelled' : hasFailed(progress) ? 'failed' : 'succeeded');
        expect(servicesToStop(job, progress)).toEqual([]);
      }),
    );
  });
});
