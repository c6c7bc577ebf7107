/** Words of other systems and of later versions, and what a 2016 file says instead. */
const native =
  'this belongs to `cyclone.yaml`, the newer language; a `caicloud.yml` has the sections pre_build, build, integration, post_build';

export const fileKeysElsewhere: ReadonlyMap<string, string> = new Map([
  ['steps', native],
  ['pipeline', native],
  ['jobs', native],
  ['stages', native],
  ['when', native],
  ['clone', native],
  ['services', 'services stand in `integration`'],
  ['publish', 'the image is published for a tag or by hand, after integration: remove it'],
  ['test', 'tests stand in `integration`'],
]);

const common: readonly (readonly [string, string])[] = [
  ['enviroment', 'did you mean `environment`?'],
  ['env', 'it is called `environment`'],
  ['script', 'it is called `commands`'],
  ['working_dir', 'mount the clone where you want to work: `volumes: [".:/path"]`'],
  ['when', native],
  ['depends_on', native],
  ['timeout', native],
];

export const containerKeysElsewhere: ReadonlyMap<string, string> = new Map([
  ...common,
  ['services', 'services stand in `integration`'],
  ['context', 'it is called `context_dir`'],
  ['dockerfile', 'it is called `dockerfile_name`'],
  ['tags', 'the image is tagged with the name of the build: remove it'],
]);

export const serviceKeysElsewhere: ReadonlyMap<string, string> = new Map([
  ...common,
  ['commands', 'a service runs one program: write it as `command`'],
  ['ready', native],
]);
