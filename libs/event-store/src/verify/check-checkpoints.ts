import type { KeyObject } from 'node:crypto';
import { checkpointHash, isSignedBy, noCheckpoint, SignedCheckpoint } from '../checkpoint/checkpoint.js';
import type { Finding } from './finding.js';

/** A line that was taken out of the database's reach, wherever it was kept since. */
export interface ExportedLine {
  /** For people: file and line. */
  readonly place: string;
  readonly value: unknown;
}

export interface CheckpointsToCheck {
  /** As they are stored: one without its shape is a finding, not the end of the check. */
  readonly stored: AsyncIterable<unknown>;
  /** Any of them may have signed; without one, signatures are not looked at. */
  readonly publicKeys: readonly KeyObject[];
  /** All of them must still be stored as they were. Read them before the stored ones, or new ones seem to be missing there. */
  readonly exported?: Iterable<ExportedLine>;
}

/** The chain of checkpoints in itself: signatures, each naming the one before, and what was exported. Fills `chain`. */
export async function* checkCheckpoints(
  { stored, publicKeys, exported = [] }: CheckpointsToCheck,
  chain: SignedCheckpoint[],
): AsyncIterable<Finding> {
  const isSigned = (checkpoint: SignedCheckpoint): boolean =>
    publicKeys.length === 0 || publicKeys.some((key) => isSignedBy(checkpoint, key));
  let previous: { readonly position: number; readonly hash: string } = noCheckpoint;
  const hashes = new Map<number, string>();
  for await (const document of stored) {
    const parsed = SignedCheckpoint.safeParse(document);
    if (!parsed.success) {
      yield { check: 'checkpoint', message: 'what is stored is not a checkpoint', ...afterPosition(previous.position) };
      continue;
    }
    const checkpoint = parsed.data;
    const { position } = checkpoint;
    if (!isSigned(checkpoint)) yield { check: 'checkpoint', message: 'the signature does not hold', position };
    if (checkpoint.previous !== previous.hash || checkpoint.previousPosition !== previous.position) {
      yield {
        check: 'checkpoint',
        message: `the checkpoint does not go on from the one at ${previous.position}`,
        position,
      };
    }
    previous = { position, hash: checkpointHash(checkpoint) };
    hashes.set(position, previous.hash);
    chain.push(checkpoint);
  }
  for (const line of exported) yield* checkLine(line, hashes, isSigned);
}

const afterPosition = (position: number): Pick<Finding, 'expected'> => ({
  expected: `the checkpoint after position ${position}`,
});

function* checkLine(
  { place, value }: ExportedLine,
  hashes: ReadonlyMap<number, string>,
  isSigned: (checkpoint: SignedCheckpoint) => boolean,
): Iterable<Finding> {
  const parsed = SignedCheckpoint.safeParse(value);
  if (!parsed.success) {
    yield { check: 'checkpoint', message: `${place} is not a checkpoint` };
    return;
  }
  const { position } = parsed.data;
  const [found, expected] = [hashes.get(position), checkpointHash(parsed.data)];
  if (!isSigned(parsed.data)) {
    yield { check: 'checkpoint', message: `${place}: the signature does not hold`, position };
  } else if (found !== expected) {
    const message = found === undefined ? 'is not stored any more' : 'is stored as another one';
    yield {
      check: 'checkpoint',
      message: `${place}: the exported checkpoint ${message}`,
      position,
      expected: `checkpoint ${expected}`,
      found: found === undefined ? 'none' : `checkpoint ${found}`,
    };
  }
}
