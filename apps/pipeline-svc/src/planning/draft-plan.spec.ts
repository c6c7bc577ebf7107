import { describe, expect, it } from '@jest/globals';
import { CommitSha } from '@cyclone/contracts';
import type { CompileContext } from '@cyclone/pipeline-language';
import { draftPlan } from './draft-plan.js';

const sha = CommitSha.parse('a'.repeat(40));
const context: CompileContext = {
  event: 'push',
  ref: 'refs/heads/main',
  branch: 'main',
  sha,
  versionName: `ci_${sha}`,
  projectId: 'shop',
  trust: 'trusted',
  timeoutMs: 60_000,
};
const commit = { message: 'Change', authorName: 'Ann' };
const snapshotOf = (text: string) => ({
  sha,
  ref: 'refs/heads/main',
  commit,
  file: { path: 'cyclone.yaml', bytes: Buffer.from(text) },
});
const file = `
steps:
  - name: deploy
    image: alpine
    environment: { TOKEN: { from_secret: DEPLOY_TOKEN } }
    commands: [deploy]
`;

describe('a draft of a plan', () => {
  it('is a plan when the project has every secret that the file names', () => {
    const draft = draftPlan(snapshotOf(file), context, { namedFile: undefined, secrets: ['DEPLOY_TOKEN'] });
    expect(draft.kind).toBe('planned');
  });

  it('is refused before anything runs when one is missing, saying how to set it', () => {
    const draft = draftPlan(snapshotOf(file), context, { namedFile: undefined, secrets: ['OTHER'] });
    expect(draft).toMatchObject({
      kind: 'rejected',
      rejection: {
        reason: { code: 'secret-missing' },
        problems: [{ message: 'the project has no secret DEPLOY_TOKEN', hint: expect.stringContaining('set-secret') }],
      },
    });
  });

  it('is refused when the project names a file that the commit has not', () => {
    const snapshot = { ...snapshotOf(file), file: undefined };
    const draft = draftPlan(snapshot, context, { namedFile: 'ci.yaml', secrets: [] });
    expect(draft).toMatchObject({ kind: 'rejected', rejection: { reason: { code: 'pipeline-file-missing' } } });
  });
});
