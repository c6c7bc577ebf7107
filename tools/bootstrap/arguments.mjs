import { tiers } from './tiers.mjs';

export const usage = `Usage: node tools/bootstrap/run.mjs <demo|test|bench> [options]
  --no-install       install nothing; name what is missing and the command that gets it
  test --only TIER   ${tiers.map((tier) => tier.name).join(', ')}; may be repeated
  test --with-check  run \`npm run check\` (format, lint, walls, types, unit tests) first
Everything else is handed on to the target (for tests: to jest).`;

export function parseArguments(argv) {
  const [target, ...options] = argv;
  if (!['demo', 'test', 'bench'].includes(target)) return { problem: `Unknown target: ${target ?? '(none)'}` };
  const request = { target, noInstall: false, withCheck: false, tiers: [], rest: [] };
  while (options.length > 0) {
    const option = options.shift();
    if (option === '--no-install') request.noInstall = true;
    else if (target === 'test' && option === '--with-check') request.withCheck = true;
    else if (target === 'test' && option === '--only') {
      const name = options.shift();
      const tier = tiers.find((candidate) => candidate.name === name);
      if (tier === undefined) return { problem: `Unknown tier of tests: ${name ?? '(none)'}` };
      request.tiers.push(tier);
    } else request.rest.push(option);
  }
  if (request.tiers.length === 0) request.tiers = [...tiers];
  return request;
}
