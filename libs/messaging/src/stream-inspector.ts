import type { streams } from '@cyclone/contracts';

export interface StreamState {
  /** Milliseconds since 1970. Another moment for the same stream means that the broker lost it and it was made again. */
  readonly createdAt: number;
  /** 0 while nothing was ever stored. */
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/**
 * What the broker holds of a stream, for publishers that must notice a loss. Creates the stream where it is missing
 * (so the answer then tells of an empty, new one). Throws BrokerUnavailableError when nobody answers.
 */
export interface StreamInspector {
  inspect(stream: keyof typeof streams): Promise<StreamState>;
}
