import type { CompileContext } from '../compile-context.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import type { Value, Variable } from '../words/environment.js';

/** Later ones win. In the build of an outsider's change secrets are left out here already, and that is said. */
export function emitEnvironment(
  variables: readonly Variable[],
  context: CompileContext,
  report: ProblemReport,
): { [name: string]: Value } {
  const environment: { [name: string]: Value } = {};
  for (const { name, nameSpan, value } of variables) {
    if ('secret' in value && context.trust === 'untrusted') {
      report.warning(
        'secret-withheld',
        nameSpan,
        `${quoted(name)} is not set: this change comes from outside, and outsiders' code gets no secrets`,
      );
    } else {
      environment[name] = value;
    }
  }
  return environment;
}
