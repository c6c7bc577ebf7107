import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '@cyclone/contracts';
import type { CompileContext } from '../compile-context.js';

export const fixturesDir = join(import.meta.dirname, '..', '..', 'fixtures');
export const examplesDir = join(import.meta.dirname, '..', '..', '..', '..', 'examples', 'pipelines');

const push: CompileContext = {
  event: 'push',
  ref: 'refs/heads/main',
  branch: 'main',
  sha: '4f6d9c1a2b3c4d5e6f708192a3b4c5d6e7f80912',
  versionName: 'ci_4f6d9c1a2b3c4d5e6f708192a3b4c5d6e7f80912',
  projectId: 'shop',
  imageRepository: 'registry.example.com/shop/main',
  trust: 'trusted',
  timeoutMs: 7_200_000,
};

/** A push to main, changed as a test wants it; `null` takes a field away. */
export function aContext(changes: { readonly [field: string]: unknown } = {}): CompileContext {
  const fields = Object.entries({ ...push, ...changes }).filter(([, value]) => value !== null);
  return { ...push, ...absent(changes), ...Object.fromEntries(fields) };
}

function absent(changes: { readonly [field: string]: unknown }): { readonly [field: string]: undefined } {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([field, value]) => (value === null ? [[field, undefined]] : [])),
  );
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function pipelineFileIn(dir: string): string {
  const found = readdirSync(dir).find((file) => /\.ya?ml$/.test(file));
  if (found === undefined) throw new Error(`no pipeline file in ${dir}`);
  return found;
}
