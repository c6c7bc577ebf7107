import { createHash, type Hash } from 'node:crypto';
import { LogFrame, type BuildId, type StepId } from '@cyclone/contracts';
import { WebSocket } from 'ws';
import type { Platform } from './platform.js';

export interface ReadLog {
  readonly firstLineAt: number | undefined;
  readonly endedAt: number;
  readonly outcome: string;
  readonly isComplete: boolean;
  readonly steps: ReadonlyMap<StepId, StepText>;
}

/** What arrived of a step: everything, in order, or reading has failed. */
export interface StepText {
  readonly name: string;
  readonly bytes: number;
  readonly digest: string;
}

interface Reading {
  name: string;
  bytes: number;
  readonly hash: Hash;
}

/** Follows a build's log over its socket to the end, as a browser would: live, every frame parsed, every byte counted. */
export function readLog(platform: Pick<Platform, 'url' | 'token'>, buildId: BuildId): Promise<ReadLog> {
  const address = new URL(`/api/v1/builds/${buildId}/log`, platform.url.replace(/^http/, 'ws'));
  const socket = new WebSocket(address, { headers: { authorization: `Bearer ${platform.token}` } });
  const steps = new Map<StepId, Reading>();
  let firstLineAt: number | undefined;
  let end: { readonly at: number; readonly frame: Extract<LogFrame, { kind: 'end' }> } | undefined;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      socket.terminate();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    socket.on('message', (data: Buffer) => {
      try {
        const frame = LogFrame.parse(JSON.parse(data.toString('utf8')));
        if (frame.kind === 'log') firstLineAt ??= Date.now();
        if (frame.kind === 'end') end = { at: Date.now(), frame };
        take(steps, frame);
      } catch (error) {
        fail(error);
      }
    });
    socket.on('error', fail);
    socket.on('close', (code) => {
      if (end === undefined) return fail(new Error(`the log socket of ${buildId} closed with ${code} before the end`));
      const { outcome, logs } = end.frame;
      resolve({ firstLineAt, endedAt: end.at, outcome, isComplete: logs === 'complete', steps: texts(steps) });
    });
  });
}

function take(steps: Map<StepId, Reading>, frame: LogFrame): void {
  if (frame.kind !== 'log' && frame.kind !== 'step') return;
  const step = steps.get(frame.stepId) ?? { name: '', bytes: 0, hash: createHash('sha256') };
  steps.set(frame.stepId, step);
  if (frame.kind === 'step') {
    step.name = frame.name;
    return;
  }
  if (frame.offset !== step.bytes)
    throw new Error(`step ${frame.stepId}: bytes from ${frame.offset} came where ${step.bytes} was next`);
  const data = frame.text === undefined ? Buffer.from(frame.base64 ?? '', 'base64') : Buffer.from(frame.text);
  if (data.length !== frame.bytes) throw new Error(`a frame of ${frame.bytes} bytes holds ${data.length}`);
  step.hash.update(data);
  step.bytes += data.length;
}

const texts = (steps: ReadonlyMap<StepId, Reading>): ReadonlyMap<StepId, StepText> =>
  new Map([...steps].map(([id, { name, bytes, hash }]) => [id, { name, bytes, digest: hash.digest('hex') }]));
