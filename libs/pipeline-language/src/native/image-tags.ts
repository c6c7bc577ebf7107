import type { CompileContext } from '../compile-context.js';
import { didYouMean } from '../problems/did-you-mean.js';
import { quoted } from '../problems/printable.js';
import { mapped } from '../shape/shape.js';
import { word } from '../shape/scalars.js';
import { asTag, tagPattern } from '../words/image.js';

const values: { readonly [name: string]: (context: CompileContext) => string | undefined } = {
  version: (context) => context.versionName,
  sha: (context) => context.sha,
  short_sha: (context) => context.sha.slice(0, 8),
  branch: (context) => context.branch,
  tag: (context) => context.tag,
};
const names = Object.keys(values);
const placeholder = /\{([^{}]*)\}/g;

/** A tag, in which `{version}`, `{sha}`, `{short_sha}`, `{branch}` and `{tag}` stand for what the build knows. */
export const imageTag = mapped(
  word({
    charsMax: 200,
    pattern: /^[A-Za-z0-9_{][A-Za-z0-9_.{}-]*$/,
    expects: 'a tag of letters, digits, `_`, `.` and `-`',
    hint: (value) =>
      value.includes('$')
        ? `these stand for what the build knows: ${names.map((name) => `{${name}}`).join(', ')}`
        : undefined,
  }),
  (tag, node, report) => {
    for (const [whole, name = ''] of tag.matchAll(placeholder)) {
      if (Object.hasOwn(values, name)) continue;
      const near = didYouMean(name, names);
      report.error(
        'bad-placeholder',
        node.span,
        `${quoted(whole)} stands for nothing`,
        near === undefined ? `known: ${names.map((each) => `{${each}}`).join(', ')}` : `did you mean \`{${near}}\`?`,
      );
    }
    const rest = tag.replace(placeholder, 'x');
    if (!tagPattern.test(rest))
      report.error('bad-placeholder', node.span, `${quoted(tag)} is no tag: a brace is left open`);
    return tag;
  },
);

/** `undefined` where the build has no such thing: a push has no tag. */
export function expandTag(tag: string, context: CompileContext): string | undefined {
  let complete = true;
  const text = tag.replace(placeholder, (_, name: string) => {
    const value = values[name]?.(context);
    if (value === undefined) complete = false;
    return value ?? '';
  });
  return complete ? asTag(text) : undefined;
}
