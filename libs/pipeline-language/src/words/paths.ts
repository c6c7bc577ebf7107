import { limits } from '../limits.js';
import { text } from '../shape/scalars.js';

/** A path inside the clone. JSON Schema carries the pattern, so `..` is refused without a look behind. */
export const pathInClone = text({
  charsMax: limits.wordCharsMax,
  pattern: /^(?!\/)(?!~)(?!(?:.*\/)?\.\.(?:\/|$))[^\\]+$/,
  expects: 'a path inside the repository',
  hint: (value) =>
    value.includes('..')
      ? 'paths with `..` would leave the repository'
      : 'write it relative to the top of the repository',
});

/** A place in a step's container: absolute, or relative to the workspace. */
export const containerPath = text({
  charsMax: limits.wordCharsMax,
  pattern: /^(?!~)(?!(?:.*\/)?\.\.(?:\/|$))[^\\:]+$/,
  expects: 'a path without `..`',
});

export const absolutePath = text({
  charsMax: limits.wordCharsMax,
  pattern: /^\/(?!(?:.*\/)?\.\.(?:\/|$))[^\\:]*$/,
  expects: 'an absolute path without `..`',
});
