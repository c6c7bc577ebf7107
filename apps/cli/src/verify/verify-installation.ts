import type { KeyObject } from 'node:crypto';
import type { CommitReader } from '@cyclone/event-store';
import { databaseOf, MongoCheckpointStore, openMongoEventsToRead } from '@cyclone/event-store/mongo';
import {
  verifyStore,
  type Acknowledged,
  type ExportedLine,
  type Finding,
  type StreamCheckFactory,
} from '@cyclone/event-store/verify';
import { gatewayViewsToCheck } from '@cyclone/gateway';
import { openLogChunks } from '@cyclone/log-svc';
import { pipelineViewsToCheck } from '@cyclone/pipeline-svc';
import type { Connection } from 'mongoose';
import type { Checked } from './format-report.js';

export interface InstallationToVerify {
  readonly connection: Connection;
  readonly now: number;
  readonly graceMs: number;
  readonly publicKeys: readonly KeyObject[];
  readonly exported: readonly ExportedLine[];
  readonly acknowledged?: AsyncIterable<Acknowledged> | undefined;
  /** Called for each commit of both walks. */
  readonly onCommit: () => void;
  /** Counted while it goes on. */
  readonly checked: Checked;
}

/** Everything that can be checked of an installation by reading its database, and nothing else. */
export async function* verifyInstallation(options: InstallationToVerify): AsyncIterable<Finding> {
  const { connection, now, graceMs, publicKeys, exported, acknowledged, checked } = options;
  const db = await databaseOf(connection);
  const events = await openMongoEventsToRead(connection);
  const views = [...pipelineViewsToCheck(db), ...gatewayViewsToCheck(db)];
  checked.views = views.map(({ name }) => name);
  yield* verifyStore({
    store: {
      readStream: (stream, range) => events.readStream(stream, range),
      findCommand: (stream, commandId) => events.findCommand(stream, commandId),
      ...countedCommits(events, options),
    },
    now,
    graceMs,
    views,
    logs: await openLogChunks(connection),
    checkpoints: {
      stored: each(new MongoCheckpointStore(db).all(), () => (checked.checkpoints += 1)),
      publicKeys,
      exported,
    },
    streamChecks: [countEvents(checked)],
    ...(acknowledged === undefined ? {} : { acknowledged }),
  });
}

/** How many commits there are to walk: an estimate, for progress. */
export async function estimateCommits(connection: Connection): Promise<number> {
  return (await databaseOf(connection)).collection('commits').estimatedDocumentCount();
}

const countedCommits = (events: CommitReader, { checked, onCommit }: InstallationToVerify): CommitReader => ({
  byStream: (range) =>
    each(events.byStream(range), () => {
      checked.commits += 1;
      onCommit();
    }),
  byPosition: (range) => each(events.byPosition(range), onCommit),
});

const countEvents =
  (checked: Checked): StreamCheckFactory =>
  () => {
    checked.streams += 1;
    return {
      event: ({ type }) => {
        checked.events += 1;
        if (type === 'LogSealed') checked.sealedLogs += 1;
        return [];
      },
      end: () => [],
    };
  };

async function* each<Item>(items: AsyncIterable<Item>, told: () => void): AsyncIterable<Item> {
  for await (const item of items) {
    told();
    yield item;
  }
}
