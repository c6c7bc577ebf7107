import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import tar from 'tar-stream';
import { ExecutorError } from '../errors.js';
import { isNotFound } from './docker-errors.js';
import { followProgress } from './progress.js';

/** Machine code that sleeps for ever: `pause` on x86-64; `ppoll` of nothing on AArch64, which has no `pause`. */
const sleepers: Readonly<Record<string, { readonly machine: number; readonly code: readonly number[] }>> = {
  amd64: { machine: 62, code: [0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7] },
  arm64: {
    machine: 183,
    code: [
      0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x80, 0xd2, 0x02, 0x00, 0x80, 0xd2, 0x03, 0x00, 0x80, 0xd2, 0x04, 0x00, 0x80,
      0xd2, 0x28, 0x09, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4, 0xf9, 0xff, 0xff, 0x17,
    ],
  },
};

const elfHeaderBytes = 64;
const programHeaderBytes = 56;
const loadAddress = 0x400000n;

/** A static ELF program of some hundred bytes, so that holding a network needs no image from anywhere. */
const elfProgram = (machine: number, code: Buffer): Buffer => {
  const size = elfHeaderBytes + programHeaderBytes + code.length;
  const file = Buffer.alloc(size);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(loadAddress + BigInt(elfHeaderBytes + programHeaderBytes), 24);
  file.writeBigUInt64LE(BigInt(elfHeaderBytes), 32);
  file.writeUInt16LE(elfHeaderBytes, 52);
  file.writeUInt16LE(programHeaderBytes, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(loadAddress, 80);
  file.writeBigUInt64LE(loadAddress, 88);
  file.writeBigUInt64LE(BigInt(size), 96);
  file.writeBigUInt64LE(BigInt(size), 104);
  file.writeBigUInt64LE(0x10000n, 112);
  code.copy(file, elfHeaderBytes + programHeaderBytes);
  return file;
};

export const pauseProgram = '/pause';
const pauseImage = 'cyclone/pause:1';

const archive = (program: Buffer): Readable => {
  const pack = tar.pack();
  pack.entry({ name: 'pause', mode: 0o755 }, program);
  pack.finalize();
  return pack as unknown as Readable;
};

/** The image of containers that only hold something: a network namespace, or a mounted volume. Made on the spot. */
export const ensurePauseImage = async (docker: Docker): Promise<string> => {
  try {
    await docker.getImage(pauseImage).inspect();
    return pauseImage;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const { Arch } = await docker.version();
  const sleeper = sleepers[Arch];
  if (sleeper === undefined) {
    throw new ExecutorError(
      'start-failed',
      `The Docker Engine is of architecture ${Arch}; amd64 and arm64 are supported.`,
    );
  }
  const [repo, tag] = pauseImage.split(':');
  const progress = await docker.importImage(archive(elfProgram(sleeper.machine, Buffer.from(sleeper.code))), {
    repo,
    tag,
  });
  await followProgress(progress, {});
  return pauseImage;
};
