import { describe, expect, it } from '@jest/globals';
import { CommitSha, ProjectId } from '@cyclone/contracts';
import { projectId, requestedEvent } from '../../testing/build-samples.js';
import { buildIdOfChange } from './build-ids.js';

const trigger = requestedEvent.data.trigger;
if (trigger.kind !== 'change') throw new Error('the sample is a change');
const { change } = trigger;
const id = buildIdOfChange(projectId, change);

describe('the id of a change’s build', () => {
  it('is the same whatever else a delivery tells', () => {
    expect(id).toMatch(/^[a-z2-7]{26}$/);
    expect(buildIdOfChange(projectId, { ...change, message: 'other', sender: 'somebody', url: 'u' })).toBe(id);
  });
  it('differs by project, kind, ref, before and after', () => {
    const other = CommitSha.parse('c'.repeat(40));
    const ids = [
      buildIdOfChange(ProjectId.parse('other'), change),
      buildIdOfChange(projectId, { ...change, kind: 'tag' }),
      buildIdOfChange(projectId, { ...change, ref: 'refs/heads/dev' }),
      buildIdOfChange(projectId, { ...change, before: other }),
      buildIdOfChange(projectId, { ...change, after: other }),
    ];
    expect(new Set([id, ...ids]).size).toBe(6);
  });
});
