import { AsyncLocalStorage } from 'node:async_hooks';
import type { Trace } from '@cyclone/contracts';

const correlationHeader = 'cyclone-correlation-id';
const causationHeader = 'cyclone-causation-id';
const traceparentHeader = 'traceparent';
const idLengthMax = 200;

/** What follows from something: the same first cause, a new nearest one. */
export const followTrace = (trace: Trace, causationId: string): Trace => ({ ...trace, causationId });

export const traceToHeaders = (trace: Trace): Record<string, string> => ({
  [correlationHeader]: trace.correlationId,
  ...(trace.causationId === undefined ? {} : { [causationHeader]: trace.causationId }),
  ...(trace.traceparent === undefined ? {} : { [traceparentHeader]: trace.traceparent }),
});

const printable = (value: string | undefined): string | undefined =>
  value !== undefined && value.length <= idLengthMax && /^[\x21-\x7e]+$/.test(value) ? value : undefined;

/** Reads {@link traceToHeaders} back, whatever the case of the names; undefined where there is no usable correlation id. */
export const traceFromHeaders = (headers: Readonly<Record<string, string>>): Trace | undefined => {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const correlationId = printable(byName.get(correlationHeader));
  if (correlationId === undefined) return undefined;
  const causationId = printable(byName.get(causationHeader));
  const traceparent = printable(byName.get(traceparentHeader));
  return {
    correlationId,
    ...(causationId === undefined ? {} : { causationId }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
};

const current = new AsyncLocalStorage<Trace>();

/** Everything that `work` logs, also after it waits, carries the trace's correlation id. */
export const withTrace = <Result>(trace: Trace, work: () => Result): Result => current.run(trace, work);

export const currentTrace = (): Trace | undefined => current.getStore();
