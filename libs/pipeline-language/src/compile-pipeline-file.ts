import type { CompileInput, CompileResult } from './compile-context.js';
import { compileCaicloud } from './caicloud/compile-caicloud.js';
import { compileNative } from './native/compile-native.js';
import { decodeText } from './parse/decode-text.js';
import { readYaml } from './parse/read-yaml.js';
import { formatOf } from './well-known-paths.js';

/**
 * A pipeline file to the plan of one build, or everything that is wrong with it. Pure: the same bytes and context give
 * the same answer. It never throws for what a file holds, and its time grows no faster than the file, whose size
 * and number of parts are bounded.
 */
export function compilePipelineFile(input: CompileInput): CompileResult {
  const decoded = decodeText(input.path, input.text);
  if (!decoded.ok) return { ok: false, problems: decoded.problems, nothingToRun: false, skipped: [] };
  const { report } = decoded;
  const root = readYaml(report);
  if (root === undefined) return { ok: false, problems: report.problems(), nothingToRun: false, skipped: [] };
  const keys = root.kind === 'map' ? root.entries.map((entry) => entry.key) : [];
  const compile = formatOf(input.path, keys) === 'caicloud-2016' ? compileCaicloud : compileNative;
  return compile(root, input, report);
}
