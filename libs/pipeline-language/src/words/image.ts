import { limits } from '../limits.js';
import { text } from '../shape/scalars.js';

const hint = (value: string) => {
  if (value === 'BUILT_IMAGE') return 'here the image just built is named by its step: `image: {from_step: NAME}`';
  if (value.includes('$')) return 'variables are not put into image names: write the whole name';
  return undefined;
};

/** What a registry is asked for: `node:24-alpine`, `registry.example.com:5000/team/app@sha256:...`. */
export const imageName = text({
  charsMax: limits.wordCharsMax,
  pattern: /^(?!BUILT_IMAGE$)[A-Za-z0-9][A-Za-z0-9._:\/@-]*$/,
  expects: 'the name of an image, such as `node:24-alpine`',
  hint,
});

/** An image without its tag; the port of a registry is the only colon. */
export const repositoryName = text({
  charsMax: 400,
  pattern: /^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?\/)?[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)*$/,
  expects: 'an image name in lower case without a tag, such as `registry.example.com/team/app`',
  hint: (value) => (/:[^/]*$/.test(value) ? 'tags have a key of their own: `tags`' : hint(value)),
});

/** What a registry takes as a tag. */
export const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

export function asTag(value: string): string {
  const safe = value
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
  return safe === '' ? 'untagged' : safe;
}
