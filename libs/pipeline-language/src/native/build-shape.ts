import { limits } from '../limits.js';
import { oneOrMany } from '../shape/lists.js';
import { dictionary, field, record } from '../shape/maps.js';
import { either, expecting, located, mapped, type Shape } from '../shape/shape.js';
import { boolean, word } from '../shape/scalars.js';
import { environment } from '../words/environment.js';
import { repositoryName } from '../words/image.js';
import { pathInClone } from '../words/paths.js';
import { buildKeysElsewhere } from './elsewhere.js';
import { imageTag } from './image-tags.js';
import { plainConditions, type PlainCondition } from './when.js';

/** `never` for false; conditions otherwise, of which none is needed for `always`. */
export type Publish =
  | { readonly kind: 'never' }
  | { readonly kind: 'always' }
  | { readonly kind: 'when'; readonly conditions: readonly PlainCondition[] };

const publish: Shape<Publish> = expecting(
  'true, false, or a condition such as `{event: tag}`',
  either(
    mapped(boolean, (value): Publish => (value ? { kind: 'always' } : { kind: 'never' })),
    mapped(plainConditions, (conditions): Publish => ({ kind: 'when', conditions })),
  ),
);

export const buildShape = record(
  {
    context: field(pathInClone, 'Folder that the build sees; the whole repository by default.'),
    dockerfile: field(
      pathInClone,
      'Path of the Dockerfile from the top of the repository; by default `Dockerfile` in the context.',
    ),
    image: field(repositoryName, "Where the image goes, without a tag; the project's image repository by default."),
    tags: field(
      oneOrMany(located(imageTag), { max: limits.tagsMax }),
      'Tags to move to the image when integration has passed; by default `{version}`, the name of the build.',
    ),
    args: field(environment, 'Build arguments: a map, or a list of `NAME=value`.'),
    target: field(
      word({ charsMax: 100, pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]*$/, expects: 'a stage of the Dockerfile' }),
      'Stage of the Dockerfile to stop at.',
    ),
    labels: field(
      dictionary(word({ charsMin: 0, charsMax: limits.wordCharsMax }), {
        max: limits.listMax,
        keyPattern: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/,
        keyExpects: 'a label name',
      }),
      'Labels of the image.',
    ),
    publish: field(
      publish,
      'Whether the image is pushed: true, false, or a condition as in `when`. By default always but for pull requests.',
    ),
  },
  { expects: 'a map such as `{dockerfile: Dockerfile}`', elsewhere: buildKeysElsewhere },
);
