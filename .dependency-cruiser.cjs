/** The second wall: folders. Nx keeps projects apart, this keeps pure folders pure and drivers at the edge. */
const test = '\\.(spec|contract)\\.ts$|/testing/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle is two modules that are one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-pure',
      comment:
        'domain/ sees only its siblings, other domain folders of its app, contracts, schemas and the decider types.',
      severity: 'error',
      from: { path: '/domain/', pathNot: test },
      to: {
        pathNot: [
          '/domain/',
          '^libs/contracts/',
          '^libs/event-store/src/decider\\.ts$',
          '^libs/event-store/src/index\\.ts$',
          '^node_modules/zod/',
        ],
      },
    },
    {
      name: 'pipeline-language-is-pure',
      comment: 'The compiler sees contracts and the YAML parser.',
      severity: 'error',
      from: { path: '^libs/pipeline-language/src', pathNot: test },
      to: { pathNot: ['^libs/pipeline-language/src', '^libs/contracts/', '^node_modules/(yaml|zod)/'] },
    },
    {
      name: 'contracts-need-only-zod',
      severity: 'error',
      from: { path: '^libs/contracts/src', pathNot: test },
      to: { pathNot: ['^libs/contracts/src', '^node_modules/zod/'] },
    },
    {
      name: 'nats-only-in-jetstream',
      comment: 'Everybody else speaks to the messaging ports.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['/jetstream/', '/nest/', test, '^libs/(local-servers|testing)/'] },
      to: { path: '^node_modules/@nats-io/' },
    },
    {
      name: 'docker-only-in-adapters',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: ['^libs/job-engine/src/docker/', '^libs/local-servers/', test, '^libs/testing/'],
      },
      to: { path: '^node_modules/dockerode/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      conditionNames: ['@cyclone/source', 'import', 'types', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
