import { limits } from '../limits.js';
import { oneOrMany } from '../shape/lists.js';
import { dictionary, field, record, type Named } from '../shape/maps.js';
import { either, expecting, located, mapped, type Shape, type ValueOf } from '../shape/shape.js';
import { boolean, choice, integer, word } from '../shape/scalars.js';
import { argumentList, commands } from '../words/commands.js';
import { environment, plainEnvironment } from '../words/environment.js';
import { dnsServers, extraHosts } from '../words/hosts.js';
import { imageName } from '../words/image.js';
import { containerPath } from '../words/paths.js';
import { cpu, duration, memory } from '../words/quantities.js';
import { buildShape } from './build-shape.js';
import { cloneKeysElsewhere, fileKeysElsewhere, serviceKeysElsewhere, stepKeysElsewhere } from './elsewhere.js';
import { namedItems } from './named-items.js';
import { readyShape } from './ready-shape.js';
import { plainConditions, stepConditions } from './when.js';

const namePattern = {
  charsMax: limits.nameCharsMax,
  pattern: /^[^\u0000-\u001f\u007f]+$/,
  expects: 'a name without control characters',
};
const stepName = word(namePattern);

export type ImageSource = { readonly name: string } | { readonly fromStep: string };

const image: Shape<ImageSource> = expecting(
  'the name of an image, or `{from_step: NAME}`',
  either(
    mapped(imageName, (name): ImageSource => ({ name })),
    mapped(
      record(
        { from_step: field(stepName, 'Name of the `build` step whose image is meant.') },
        { required: ['from_step'] },
      ),
      (value): ImageSource | undefined => (value.from_step === undefined ? undefined : { fromStep: value.from_step }),
    ),
  ),
);

const pullElsewhere = new Map([
  ['if-not-exists', 'it is written `if-missing`'],
  ['IfNotPresent', 'it is written `if-missing`'],
  ['missing', 'it is written `if-missing`'],
  ['yes', 'in YAML 1.2 only `true` and `false` are truth values'],
  ['no', 'in YAML 1.2 only `true` and `false` are truth values'],
]);

const pull = expecting(
  'true, false, `always`, `if-missing` or `never`',
  either(
    mapped(boolean, (always) => (always ? 'always' : 'if-missing')),
    choice(['always', 'if-missing', 'never'], pullElsewhere),
  ),
);

const limitsShape = record({
  memory: field(memory, 'Most memory that the container may use, such as `512MiB`.'),
  cpu: field(cpu, 'Most processor time, such as `500m` (half a core) or `2`.'),
});

const container = {
  image: field(
    located(image),
    'Image of the container, or `{from_step: NAME}` for the image that a `build` step made.',
  ),
  pull: field(pull, 'When to ask the registry: `true` or `always`, `false` or `if-missing` (default), `never`.'),
  environment: field(
    environment,
    'Variables: a map, or a list of `NAME=value`; `{from_secret: NAME}` takes a secret of the project.',
  ),
  entrypoint: field(argumentList, "Replaces the image's entry point."),
  command: field(argumentList, "Replaces the image's own arguments."),
  limits: field(limitsShape, 'Ceilings of the container.'),
};

export const serviceShape = record(
  {
    name: field(located(word({ ...namePattern, charsMax: 63 })), 'Host name of the service, in the list form.'),
    ...container,
    ready: field(readyShape, 'When the service may be used; without it, as soon as its container runs.'),
    when: field(plainConditions, 'When there is this service at all.'),
  },
  { expects: 'a service (a map)', elsewhere: serviceKeysElsewhere },
);

const services = namedItems(serviceShape, {
  max: limits.servicesMax,
  expects: 'a map of services, or a list of them',
  keyPattern: /^[^\u0000-\u001f\u007f]{1,63}$/,
  keyExpects: 'a host name',
  fallback: (number) => `service-${number}`,
});

export const stages = ['pre_build', 'build', 'integration', 'post_build', 'deploy'] as const;

export const stepShape = record(
  {
    name: field(located(stepName), 'Name of the step, in the list form; unique in the file.'),
    ...container,
    commands: field(commands, 'Lines of a shell script in the image; the first that fails ends the step.'),
    build: field(buildShape, 'Instead of `image`: builds an image from a Dockerfile.'),
    working_dir: field(containerPath, 'Folder in which the commands run; the workspace by default.'),
    user: field(
      word({
        charsMax: 100,
        pattern: /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/,
        expects: 'a user, or `user:group`',
      }),
      'User in the container.',
    ),
    network: field(
      choice(['job', 'none'], new Map([['host', 'no step gets the network of its runner']])),
      '`none` cuts the step off from services and the world.',
    ),
    extra_hosts: field(extraHosts, 'Further entries of the hosts file, `name:address`.'),
    dns: field(dnsServers, 'Name servers instead of the usual ones.'),
    services: field(services, 'Services for this step alone.'),
    when: field(stepConditions, 'When the step runs; a list of conditions holds when one of them does.'),
    depends_on: field(
      oneOrMany(located(stepName), { min: 0, max: limits.stepsMax }),
      'Steps to wait for. One `depends_on` in a file makes its steps a graph.',
    ),
    failure: field(choice(['fail', 'ignore']), '`ignore`: a failure is shown, and fails nothing.'),
    stage: field(
      choice(stages),
      'Where the step belongs; by default `pre_build` before an image build, `integration` after it, `build` without one.',
    ),
    timeout: field(duration({ msMax: limits.timeoutMsMax }), 'Longest time the step may take.'),
  },
  { expects: 'a step (a map)', elsewhere: stepKeysElsewhere },
);

const steps = namedItems(stepShape, {
  min: 1,
  max: limits.stepsMax,
  expects: 'a list of steps, or a map of them',
  keyPattern: /^[^\u0000-\u001f\u007f]{1,100}$/,
  keyExpects: 'a name without control characters',
  fallback: (number) => `step ${number}`,
});

const cloneShape = record(
  {
    depth: field(
      integer({ min: 0, max: limits.cloneDepthMax }),
      'How many commits to fetch: 1 by default, 0 for the whole history.',
    ),
    skip: field(boolean, '`true`: no clone; the workspace starts empty.'),
  },
  { expects: 'a map such as `{depth: 10}` or `{skip: true}`', elsewhere: cloneKeysElsewhere },
);

const label = word({ charsMax: 200 });

/** The whole of `cyclone.yaml`. */
export const fileShape = record(
  {
    steps: field(steps, 'What runs, one after the other; or as a graph, where a step has `depends_on`.'),
    services: field(services, 'Containers beside the steps, reachable by their names.'),
    environment: field(
      plainEnvironment,
      'Variables of every step with an image. No secrets: a step names what it needs.',
    ),
    when: field(plainConditions, 'When anything of this file runs.'),
    clone: field(cloneShape, 'How the repository comes into the workspace.'),
    labels: field(
      dictionary(label, { max: 20, keyPattern: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, keyExpects: 'a label name' }),
      'A runner must have all of these.',
    ),
    timeout: field(duration({ msMax: limits.timeoutMsMax }), 'Longest time the build may take.'),
  },
  { expects: 'a map with `steps`', required: ['steps'], elsewhere: fileKeysElsewhere, openPrefix: 'x-' },
);

export type FileContent = ValueOf<typeof fileShape>;
export type StepContent = ValueOf<typeof stepShape>;
export type ServiceContent = ValueOf<typeof serviceShape>;
export type NamedStep = Named<StepContent>;
export type NamedService = Named<ServiceContent>;
