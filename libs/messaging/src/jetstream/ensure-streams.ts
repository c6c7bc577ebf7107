import { DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { streams } from '@cyclone/contracts';
import type { JetStreamStream } from '@cyclone/contracts';
import { StreamMismatchError } from '../errors.js';
import { apiCode, apiCodes, isStreamMissing } from './api-errors.js';
import type { NatsLink } from './nats-link.js';

export interface EnsureStreamsOptions {
  readonly streams?: readonly JetStreamStream[];
  /** Copies in a cluster; 1 on one machine. */
  readonly replicas?: number;
}

const smallestBytes = 64 * 1024 * 1024;

type OurConfig = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'retention'
  | 'storage'
  | 'discard'
  | 'discard_new_per_subject'
  | 'max_age'
  | 'max_bytes'
  | 'max_msgs'
  | 'max_msgs_per_subject'
  | 'max_msg_size'
  | 'duplicate_window'
  | 'num_replicas'
  | 'allow_direct'
>;

const configOf = (stream: JetStreamStream, replicas: number): OurConfig => ({
  name: stream.name,
  subjects: [...stream.subjects],
  retention: stream.retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: stream.discard === 'new' ? DiscardPolicy.New : DiscardPolicy.Old,
  discard_new_per_subject: stream.discard === 'new' && stream.maxMessagesPerSubject !== undefined,
  max_age: nanos(stream.maxAgeMs),
  max_bytes: stream.maxBytes,
  max_msgs: stream.maxMessages ?? -1,
  max_msgs_per_subject: stream.maxMessagesPerSubject ?? -1,
  max_msg_size: stream.maxMessageBytes,
  duplicate_window: nanos(stream.dedupeWindowMs),
  num_replicas: replicas,
  allow_direct: true,
});

/** The server leaves out what is at its zero value. */
const comparable = (value: unknown): string => JSON.stringify(value === false ? undefined : value) ?? 'unset';

const differences = (wanted: OurConfig, present: StreamConfig): string[] => {
  const there: Readonly<Record<string, unknown>> = { ...present };
  return Object.entries(wanted)
    .filter(([key, value]) => comparable(value) !== comparable(there[key]))
    .map(([key]) => key);
};

const unchangeable = new Set(['retention', 'storage']);

const infoOf = async (manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> => {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (isStreamMissing(error)) return undefined;
    throw error;
  }
};

const lacksRoom = (error: unknown): boolean =>
  apiCode(error) === apiCodes.storageExceeded || apiCode(error) === apiCodes.noSpaceForStream;

/** A server reserves a stream's largest size. Where the disk is smaller than our default, less is better than nothing, and is said. */
const withWhatFits = async (
  link: NatsLink,
  wanted: OurConfig,
  apply: (config: OurConfig) => Promise<unknown>,
): Promise<void> => {
  for (let bytes = wanted.max_bytes; ; bytes = Math.floor(bytes / 2)) {
    try {
      await apply({ ...wanted, max_bytes: bytes });
      if (bytes < wanted.max_bytes)
        link.logger.warn('a stream is smaller than wanted: its server has little room', {
          stream: wanted.name,
          bytes,
          wantedBytes: wanted.max_bytes,
        });
      return;
    } catch (error) {
      if (!lacksRoom(error) || bytes / 2 < smallestBytes) throw error;
    }
  }
};

const create = async (link: NatsLink, manager: JetStreamManager, wanted: OurConfig): Promise<void> => {
  try {
    await withWhatFits(link, wanted, (config) => manager.streams.add(config));
    link.logger.info('created a stream', { stream: wanted.name });
  } catch (error) {
    // Somebody else was faster, perhaps with less room.
    if (apiCode(error) !== apiCodes.streamNameInUse) throw error;
  }
};

const update = async (
  link: NatsLink,
  manager: JetStreamManager,
  wanted: OurConfig,
  present: StreamConfig,
): Promise<void> => {
  const changed = differences(wanted, present);
  if (changed.length === 0) return;
  const fixed = changed.filter((key) => unchangeable.has(key));
  if (fixed.length > 0)
    throw new StreamMismatchError(
      `stream ${wanted.name} has another ${fixed.join(' and ')}; delete it, and it is made and filled again`,
    );
  const isOnlySmaller = changed.length === 1 && changed[0] === 'max_bytes' && present.max_bytes < wanted.max_bytes;
  try {
    await manager.streams.update(wanted.name, isOnlySmaller ? { max_bytes: wanted.max_bytes } : wanted);
    link.logger.info('changed a stream', { stream: wanted.name, changed });
  } catch (error) {
    if (!lacksRoom(error)) throw error;
    if (isOnlySmaller) return;
    await manager.streams.update(wanted.name, { ...wanted, max_bytes: present.max_bytes });
  }
};

/**
 * Makes every stream of the contracts that is missing, and brings limits that differ to what the contracts say.
 * Any number of processes may do this at once. Throws StreamMismatchError where a stream cannot be changed in place.
 */
export const ensureStreams = async (link: NatsLink, options: EnsureStreamsOptions = {}): Promise<void> => {
  const manager = await jetstreamManager(link.connection, { checkAPI: false });
  for (const stream of options.streams ?? Object.values(streams)) {
    const wanted = configOf(stream, options.replicas ?? 1);
    const present = await infoOf(manager, stream.name);
    if (present === undefined) await create(link, manager, wanted);
    else await update(link, manager, wanted, present);
  }
};
