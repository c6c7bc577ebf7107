import { readFile } from 'node:fs/promises';
import type { Machine } from './part.js';

export async function describeMachine(): Promise<Machine> {
  const release = parseOsRelease(await readFile('/etc/os-release', 'utf8').catch(() => ''));
  return {
    platform: process.platform,
    arch: process.arch,
    isRoot: process.getuid?.() === 0,
    distribution: release.get('ID') ?? 'unknown',
    distributionVersion: release.get('VERSION_ID') ?? '',
  };
}

export function parseOsRelease(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(?:"([^"]*)"|(.*))$/.exec(line.trim());
    if (match?.[1] !== undefined) values.set(match[1], match[2] ?? match[3] ?? '');
  }
  return values;
}
