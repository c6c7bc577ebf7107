import { aStep, plain } from '../testing/job-builder.js';
import { executorContract, type Program } from '../testing/executor.contract.js';
import { ScriptedExecutor } from './scripted.executor.js';

const script = (program: Program) =>
  plain({
    SCRIPT_OUTPUT: program.stdout ?? '',
    SCRIPT_STDERR: program.stderr ?? '',
    SCRIPT_DELAY_MS: program.runsMs ?? 0,
    SCRIPT_EXIT_CODE: program.exitCode ?? 0,
    SCRIPT_HANG: String(program.hangs ?? false),
    SCRIPT_IGNORE_SIGTERM: String(program.ignoresTerm ?? false),
  });

executorContract('ScriptedExecutor', async () => ({
  executor: new ScriptedExecutor(),
  step: (id, program) => aStep({ id, environment: script(program) }),
  unstartable: (id) => aStep({ id, environment: plain({ SCRIPT_START_FAILURE: 'there is no such image' }) }),
  close: async () => undefined,
}));
