import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { Pack } from 'tar-stream';
import { errorMessage } from '../process/error-facts.js';

/** One entry of an image's root file system; `path` without a leading slash. */
export type ImageFile =
  | { readonly kind: 'copy'; readonly path: string; readonly from: string; readonly mode?: number }
  | { readonly kind: 'text'; readonly path: string; readonly text: string; readonly mode?: number }
  | { readonly kind: 'link'; readonly path: string; readonly to: string }
  | { readonly kind: 'folder'; readonly path: string; readonly mode?: number };

const READ_BYTES = 1024 * 1024;

/**
 * Names what an image would hold. Bytes count, not where they come from nor when they were written: the same
 * packages, installed anew in another work tree, make the same image.
 */
export async function fingerprint(files: readonly ImageFile[], changes: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(changes));
  for (const file of files) {
    if (file.kind === 'copy') {
      hash.update(JSON.stringify([file.path, file.mode]));
      for await (const bytes of createReadStream(file.from, { highWaterMark: READ_BYTES })) hash.update(bytes);
    } else hash.update(JSON.stringify(file));
  }
  return hash.digest('hex');
}

/** A tar stream of the files; fails as a stream does when one of them cannot be read. */
export function tarOf(files: readonly ImageFile[]): Readable {
  const tar = pack();
  writeAll(tar, files).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(new Error(errorMessage(error), { cause: error })),
  );
  return Readable.from(tar, { objectMode: false });
}

async function writeAll(tar: Pack, files: readonly ImageFile[]): Promise<void> {
  const written = new Set<string>();
  for (const file of files) {
    if (written.has(file.path)) continue;
    written.add(file.path);
    await writeOne(tar, file);
  }
}

async function writeOne(tar: Pack, file: ImageFile): Promise<void> {
  const common = { name: file.path, uid: 0, gid: 0, mtime: new Date(0) };
  switch (file.kind) {
    case 'copy': {
      const { size } = await stat(file.from);
      const entry = tar.entry({ ...common, size, mode: file.mode ?? 0o755 });
      await pipeline(createReadStream(file.from), entry);
      return;
    }
    case 'text':
      tar.entry({ ...common, mode: file.mode ?? 0o644 }, file.text);
      return;
    case 'link':
      tar.entry({ ...common, type: 'symlink', linkname: file.to });
      return;
    case 'folder':
      tar.entry({ ...common, type: 'directory', mode: file.mode ?? 0o755 });
      return;
  }
}
