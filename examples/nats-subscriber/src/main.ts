import { readConfig } from './config.js';
import type { CycloneEvent } from './event.js';
import { followEvents } from './follow-events.js';

/** Put here what your integration does. If it throws, the program ends, and the event comes again after a restart. */
const handle = (event: CycloneEvent): Promise<void> => {
  const { data, occurredAt, position, stream, type } = event;
  const line = { position, at: new Date(occurredAt).toISOString(), type, of: `${stream.kind} ${stream.id}`, data };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return Promise.resolve();
};

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());

try {
  await followEvents(readConfig(process.env), handle, stopping.signal);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
