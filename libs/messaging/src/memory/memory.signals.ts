import type { Signals } from '../publisher.js';
import { subjectMatches } from './subject-matches.js';

type Handler = Parameters<Signals['listen']>[1];

/** Delivers a turn later, as a network does, to whoever listens then. */
export class MemorySignals implements Signals {
  readonly #listeners = new Set<{ readonly subject: string; readonly handler: Handler }>();

  send(subject: string, message: Parameters<Signals['send']>[1]): void {
    const signal = { subject, headers: { ...message.headers }, data: message.data ?? new Uint8Array() };
    setImmediate(() => {
      for (const listener of [...this.#listeners])
        if (subjectMatches(listener.subject, subject)) listener.handler(signal);
    });
  }

  listen(subject: string, handler: Handler): () => void {
    const listener = { subject, handler };
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
