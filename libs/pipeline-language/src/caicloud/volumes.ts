import type { SourceNode } from '../parse/source-node.js';
import { quoted } from '../problems/printable.js';
import type { ProblemReport } from '../problems/problem-report.js';
import { limits } from '../limits.js';
import { mapped } from '../shape/shape.js';
import { text } from '../shape/scalars.js';

export interface Volume {
  /** Folder of the clone; `.` is the clone itself. */
  readonly source: string;
  readonly target: string;
}

/** `.:/path` and `./sub:/path`. In 2016 any other source was dropped in silence; here it is an error. */
export const volume = mapped(text({ charsMax: limits.wordCharsMax }), (line, node, report): Volume | undefined => {
  const [source = '', target = '', mode] = line.split(':');
  if (target === '' || !target.startsWith('/') || leaves(target)) {
    return refuse(node, report, `${quoted(line)} is no volume`, 'write `.:/path` or `./folder:/path`');
  }
  if (source === '' || source.startsWith('/') || source.startsWith('~') || source.includes('$') || leaves(source)) {
    return refuse(
      node,
      report,
      `${quoted(source)} lies outside the repository, and folders of the runner are never mounted`,
      'only `.` and folders below it can be mounted',
    );
  }
  if (mode === 'ro') report.warning('not-honoured', node.span, 'the folder is mounted writable', 'remove `:ro`');
  else if (mode !== undefined) return refuse(node, report, `${quoted(mode)} is no way to mount a folder`, 'remove it');
  const parts = source.split('/').filter((part) => part !== '' && part !== '.');
  return { source: parts.length === 0 ? '.' : parts.join('/'), target };
});

function leaves(path: string): boolean {
  return path.split('/').includes('..');
}

function refuse(node: SourceNode, report: ProblemReport, message: string, hint: string): undefined {
  report.error('bad-volume', node.span, message, hint);
  return undefined;
}
