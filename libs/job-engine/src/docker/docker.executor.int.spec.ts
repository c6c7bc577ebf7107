import { executorContract, type Program } from '../testing/executor.contract.js';
import { aStep } from '../testing/job-builder.js';
import { openTestExecutor } from '../testing/docker-harness.js';

const script = (program: Program): string[] => [
  ...(program.ignoresTerm ? ["trap '' TERM"] : []),
  ...(program.stdout === undefined ? [] : [`printf '%s' '${program.stdout}'`]),
  ...(program.stderr === undefined ? [] : [`printf '%s' '${program.stderr}' >&2`]),
  ...(program.runsMs === undefined ? [] : [`sleep ${program.runsMs / 1000}`]),
  ...(program.hangs ? ['while true; do sleep 1; done'] : []),
  `exit ${program.exitCode ?? 0}`,
];

executorContract('DockerExecutor', async () => {
  const { executor, close } = await openTestExecutor();
  return {
    executor,
    step: (id, program) => aStep({ id, entrypoint: ['/bin/sh', '-c'], command: [script(program).join('\n')] }),
    unstartable: (id) => aStep({ id, image: { kind: 'named', name: 'cyclone/no-such-image:1', pull: 'never' } }),
    close,
  };
});
