const MINUTE_MS = 60_000;

/**
 * The tiers of tests, cheapest first; each is a jest project of jest.config.mjs. They run one after another,
 * since two cores are shared. A tier that hangs is ended at its limit and counted as a failure.
 */
export const tiers = [
  { name: 'unit', jestArgs: ['--maxWorkers=2'], timeoutMs: 10 * MINUTE_MS },
  { name: 'int', jestArgs: ['--maxWorkers=2'], timeoutMs: 25 * MINUTE_MS, servers: 'test' },
  { name: 'e2e', jestArgs: ['--runInBand'], timeoutMs: 40 * MINUTE_MS, servers: 'test' },
];
