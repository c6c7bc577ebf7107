import { createHash } from 'node:crypto';
import { BuildId, type Change, type CommandId, type ProjectId } from '@cyclone/contracts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
/** 130 bits: more than enough that no two changes ever meet. */
const idCharacters = 26;

/** The same change gives the same build, however many deliveries tell of it. */
export const buildIdOfChange = (projectId: ProjectId, change: Change): BuildId =>
  derive(['change', projectId, change.kind, change.ref, change.before ?? '', change.after]);

/** The same command gives the same build, however often it is asked. */
export const buildIdOfCommand = (projectId: ProjectId, commandId: CommandId): BuildId =>
  derive(['command', projectId, commandId]);

const derive = (parts: readonly string[]): BuildId => {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  let bits = 0;
  let value = 0;
  let id = '';
  for (const byte of hash) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      id += alphabet[(value >> bits) & 31] ?? '';
    }
  }
  return BuildId.parse(id.slice(0, idCharacters));
};
