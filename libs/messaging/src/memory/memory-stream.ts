import type { JetStreamStream } from '@cyclone/contracts';
import { MessageTooLargeError, PublishRefusedError } from '../errors.js';
import type { OutgoingMessage } from '../publisher.js';
import type { StreamState } from '../stream-inspector.js';

export interface StoredMessage extends OutgoingMessage {
  readonly sequence: number;
}

/** A stream as JetStream keeps it, as far as our limits and ids go. It forgets nothing by age. */
export class MemoryStream {
  readonly #messages = new Map<number, StoredMessage>();
  readonly #sequenceOfId = new Map<string, number>();
  #lastSequence = 0;

  constructor(
    readonly definition: JetStreamStream,
    private readonly createdAt: number,
  ) {}

  append(message: OutgoingMessage): { readonly duplicate: boolean; readonly streamSequence: number } {
    const { name, maxMessageBytes } = this.definition;
    if (message.data.byteLength > maxMessageBytes)
      throw new MessageTooLargeError(`${name} takes ${maxMessageBytes} bytes`);
    const known = this.#sequenceOfId.get(message.id);
    if (known !== undefined) return { duplicate: true, streamSequence: known };
    this.#makeRoom(message.subject);
    this.#lastSequence += 1;
    this.#messages.set(this.#lastSequence, {
      ...message,
      data: Uint8Array.from(message.data),
      sequence: this.#lastSequence,
    });
    this.#sequenceOfId.set(message.id, this.#lastSequence);
    return { duplicate: false, streamSequence: this.#lastSequence };
  }

  get(sequence: number): StoredMessage | undefined {
    return this.#messages.get(sequence);
  }

  all(): readonly StoredMessage[] {
    return [...this.#messages.values()];
  }

  state(): StreamState {
    const first = this.#messages.keys().next();
    const emptied = this.#lastSequence === 0 ? 0 : this.#lastSequence + 1;
    return {
      createdAt: this.createdAt,
      firstSequence: first.done === true ? emptied : first.value,
      lastSequence: this.#lastSequence,
    };
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Only a work queue forgets what was answered. */
  answered(sequence: number): void {
    if (this.definition.retention === 'workqueue') this.#messages.delete(sequence);
  }

  #makeRoom(subject: string): void {
    const { discard, maxMessages = Infinity, maxMessagesPerSubject = Infinity, name } = this.definition;
    const sameSubject =
      maxMessagesPerSubject === Infinity ? [] : this.all().filter((stored) => stored.subject === subject);
    const oldest =
      sameSubject.length >= maxMessagesPerSubject
        ? sameSubject[0]
        : this.#messages.size >= maxMessages
          ? this.all()[0]
          : undefined;
    if (oldest === undefined) return;
    if (discard === 'new') throw new PublishRefusedError(`${name} is full`);
    this.#messages.delete(oldest.sequence);
  }
}
