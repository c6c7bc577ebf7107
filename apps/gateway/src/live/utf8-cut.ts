import { isUtf8 } from 'node:buffer';

/**
 * How many of these bytes can be sent without cutting a character: all of them, or up to three fewer where the last
 * character is incomplete. Bytes that are not UTF-8 anyway are not waited for.
 */
export const wholeCharacters = (bytes: Uint8Array): number => {
  const length = bytes.length;
  for (let back = 1; back <= Math.min(3, length); back += 1) {
    const byte = bytes[length - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const needed =
      byte >= 0b1111_0000 && byte < 0b1111_1000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return byte < 0b1111_1000 && needed > back ? length - back : length;
  }
  return length;
};

export const asTextOrBase64 = (bytes: Uint8Array): { text: string } | { base64: string } => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? { text: buffer.toString('utf8') } : { base64: buffer.toString('base64') };
};
