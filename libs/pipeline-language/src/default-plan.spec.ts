import { describe, expect, test } from '@jest/globals';
import { defaultPlan } from './index.js';
import { aContext } from './testing/corpus.js';
import { formatOf } from './well-known-paths.js';

describe('a repository without a pipeline file', () => {
  test('has its Dockerfile built for a push', () => {
    const result = defaultPlan(aContext());
    expect(result).toMatchObject({
      ok: true,
      plan: {
        source: { format: 'none' },
        jobs: [{ steps: [{ kind: 'clone' }, { kind: 'build-image', publish: false, needs: ['clone'] }] }],
      },
      skipped: [{ step: 'publish build', reason: 'runs only for a tag or a build by hand; this is a push to main' }],
    });
  });

  test.each(['tag', 'manual'])('has it published for %s', (event) => {
    const result = defaultPlan(aContext({ event, versionName: 'tag_v1' }));
    expect(result).toMatchObject({
      ok: true,
      plan: {
        jobs: [
          {
            steps: [
              {},
              { kind: 'build-image', publish: true, repository: 'registry.example.com/shop/main' },
              { kind: 'publish-image', from: 'build', tags: ['tag_v1'] },
            ],
          },
        ],
      },
    });
  });

  test('is refused where nothing says to where it is published', () => {
    expect(defaultPlan(aContext({ event: 'tag', imageRepository: null }))).toMatchObject({
      ok: false,
      problems: [{ code: 'nowhere-to-publish' }],
    });
  });

  test('publishes nothing of an outsider', () => {
    expect(defaultPlan(aContext({ event: 'manual', trust: 'untrusted' }))).toMatchObject({
      ok: true,
      plan: { jobs: [{ steps: [{}, { publish: false }] }] },
    });
  });
});

describe('the format of a file', () => {
  test.each([
    ['caicloud.yml', [], 'caicloud-2016'],
    ['sub/caicloud.yaml', ['steps'], 'caicloud-2016'],
    ['.cyclone.yaml', ['build'], 'cyclone'],
    ['ci.yml', ['steps', 'build'], 'cyclone'],
    ['ci.yml', ['pre_build'], 'caicloud-2016'],
    ['ci.yml', [], 'cyclone'],
  ])('%s with the keys %j is %s', (path, keys, format) => {
    expect(formatOf(path, keys)).toBe(format);
  });
});
