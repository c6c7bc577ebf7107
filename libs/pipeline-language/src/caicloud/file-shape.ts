import { limits } from '../limits.js';
import type { SourceNode } from '../parse/source-node.js';
import { listOf, oneOrMany } from '../shape/lists.js';
import { dictionary, field, record, type Fields, type Named, type RecordOf } from '../shape/maps.js';
import { expecting, located, mapped, type Shape, type ValueOf } from '../shape/shape.js';
import { boolean, text, word } from '../shape/scalars.js';
import { argumentList, commands } from '../words/commands.js';
import { environment } from '../words/environment.js';
import { dnsServers, extraHosts } from '../words/hosts.js';
import { containerPath, pathInClone } from '../words/paths.js';
import { memoryOrBytes } from '../words/quantities.js';
import { containerKeysElsewhere, fileKeysElsewhere, serviceKeysElsewhere } from './elsewhere.js';
import { volume } from './volumes.js';

/** Taken in whole, and judged elsewhere. */
const anything: Shape<SourceNode> = {
  expects: 'anything',
  kinds: ['map', 'list', 'text', 'number', 'boolean', 'null'],
  schema: {},
  read: (node) => node,
};

export const builtImage = 'BUILT_IMAGE';
const image = text({
  charsMax: limits.wordCharsMax,
  pattern: /^[A-Za-z0-9][A-Za-z0-9._:\/@-]*$/,
  expects: 'the name of an image, or `BUILT_IMAGE`',
});
const port = word({
  charsMax: 60,
  pattern: /^(?:[0-9.]+:)?(?:[0-9]{1,5}:)?[0-9]{1,5}(?:\/tcp)?$/,
  expects: '`host:container`, two port numbers',
});
const link = text({
  charsMax: 200,
  pattern: /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?(?::[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
  expects: '`service` or `service:alias`',
});
const short = word({ charsMax: 200 });

const container = {
  image: field(located(image), 'Image of the container; `BUILT_IMAGE` is the one that `build` made.'),
  pull: field(boolean, 'true: ask the registry each time.'),
  privileged: field(boolean, 'Refused when true.'),
  environment: field(environment, 'Variables: a map, or a list of `NAME=value`.'),
  ports: field(
    oneOrMany(port, { max: limits.listMax }),
    'Of a service: the first one must answer before the step starts. Nothing is published on the runner.',
  ),
  links: field(
    oneOrMany(located(link), { max: limits.listMax }),
    'Services are reached by name without it; `service:alias` gives a further name.',
  ),
  entrypoint: field(argumentList, "Replaces the image's entry point."),
  command: field(argumentList, "Replaces the image's own arguments."),
  extra_hosts: field(extraHosts, 'Further entries of the hosts file, `name:address`.'),
  volumes: field(
    oneOrMany(volume, { max: limits.listMax }),
    '`.:/path` mounts the clone there and works in it; `./folder:/path` mounts a folder of it.',
  ),
  devices: field(listOf(anything, { max: limits.listMax }), 'Refused unless empty.'),
  net: field(short, '`none` cuts the container off; `host` is refused.'),
  dns: field(dnsServers, 'Name servers instead of the usual ones.'),
  auth_config: field(
    record({
      username: field(anything, 'Not used.'),
      password: field(anything, 'Not used.'),
      email: field(anything, 'Not used.'),
      registry_token: field(anything, 'Not used.'),
    }),
    'Not used: accounts of registries are credentials of the project.',
  ),
  mem_limit: field(memoryOrBytes, 'Most memory that the container may use.'),
  cpuset: field(short, 'Not honoured.'),
  oom_kill_disable: field(boolean, 'Not honoured.'),
};

const script = { commands: field(commands, 'Lines of a shell script; the first that fails ends the step.') };
const dockerfile = {
  context_dir: field(pathInClone, 'Folder that the image build sees; the whole repository by default.'),
  dockerfile_name: field(pathInClone, 'Path of the Dockerfile in that folder; `Dockerfile` by default.'),
};
const outputs = {
  outputs: field(
    oneOrMany(containerPath, { max: limits.listMax }),
    'Paths that are copied out of the ended container to the top of the clone.',
  ),
};

const serviceShape = record(container, { expects: 'a service (a map)', elsewhere: serviceKeysElsewhere });
const preBuildFields = { ...container, ...script, ...outputs, ...dockerfile };
const preBuild = oneOrNamed(preBuildFields, 'pre_build');
const build = oneOrNamed(dockerfile, 'build');
const services = dictionary(serviceShape, {
  max: limits.servicesMax,
  keyPattern: /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
  keyExpects: 'a host name',
});
const integration = record(
  {
    ...container,
    ...script,
    services: field(services, 'Started before the commands, stopped after them; in any order of keys.'),
  },
  { elsewhere: containerKeysElsewhere },
);
const postBuild = record({ ...container, ...script }, { elsewhere: containerKeysElsewhere });

/** The whole of `caicloud.yml`. */
export const fileShape = record(
  {
    pre_build: field(preBuild, 'Compiles in a container, or in an image of its own; may be a map of named steps.'),
    build: field(build, 'Builds the image.'),
    integration: field(integration, 'Tests, with services beside them.'),
    post_build: field(postBuild, 'After the image was published: for a tag, or by hand.'),
    deploy: field(
      expecting('a list', listOf(located(anything), { max: limits.listMax })),
      'Must be empty: this version does not deploy.',
    ),
  },
  {
    expects: 'a map of the sections `pre_build`, `build`, `integration`, `post_build` and `deploy`',
    elsewhere: fileKeysElsewhere,
  },
);

export type FileContent = ValueOf<typeof fileShape>;
export type PreBuildContent = RecordOf<typeof preBuildFields>;
export type BuildContent = RecordOf<typeof dockerfile>;
export type ServiceContent = ValueOf<typeof serviceShape>;
export type ContainerContent = ServiceContent;
export type ScriptContent = ValueOf<typeof postBuild>;
export type IntegrationContent = ValueOf<typeof integration>;

/** A section, or a map of several by name: it is the latter when none of its keys is known and all of them hold maps. */
function oneOrNamed<const Table extends Fields>(table: Table, section: string): Shape<Named<RecordOf<Table>>[]> {
  const one = record(table, { elsewhere: containerKeysElsewhere });
  const single = mapped(one, (value, node) => [
    { name: section, nameSpan: { start: node.span.start, end: node.span.start + 1 }, value },
  ]);
  const many = dictionary(one, {
    min: 1,
    max: limits.stepsMax,
    keyPattern: /^[^\u0000-\u001f\u007f]{1,80}$/,
    keyExpects: 'a name',
  });
  return {
    expects: 'a map',
    kinds: ['map'],
    schema: { anyOf: [one.schema, many.schema] },
    read(node, label, report) {
      const named =
        node.kind === 'map' &&
        node.entries.length > 0 &&
        node.entries.every(({ key, value }) => !Object.hasOwn(table, key) && value.kind === 'map');
      return named ? many.read(node, label, report) : single.read(node, label, report);
    },
  };
}
