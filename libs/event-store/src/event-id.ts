import { createHash } from 'node:crypto';
import { EventId } from '@cyclone/contracts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

const base32 = (bytes: Uint8Array): string => {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((held >>> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return text;
};

/**
 * The same command carried out again gives the same ids, so that a repetition is known everywhere downstream.
 * 160 bits of SHA-256 over the parts, each closed by a NUL: 32 characters, a safe subject token.
 */
export const eventId = (stream: string, commandId: string, index: number): EventId =>
  EventId.parse(base32(createHash('sha256').update(`${stream}\0${commandId}\0${index}\0`).digest().subarray(0, 20)));
