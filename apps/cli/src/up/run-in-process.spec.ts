import { describe, expect, it } from '@jest/globals';
import { defineService, type ServiceContext } from '@cyclone/service-host';
import { z } from 'zod';
import { runInProcess, stopAll } from './run-in-process.js';

const stopped: string[] = [];
const service = (name: string, starts: (context: ServiceContext) => Promise<void> = () => Promise.resolve()) =>
  defineService({
    name,
    configSchema: z.object({}),
    async start(_config, context) {
      await starts(context);
      return {
        name,
        health: () => Promise.resolve({ status: 'ok', checks: {} }),
        stop: () => Promise.resolve(void stopped.push(name)),
      };
    },
  });
const run = (...services: Parameters<typeof runInProcess>[0]) => runInProcess(services, () => ({}), 'silent');

describe('services in one process', () => {
  it('are stopped in the opposite order', async () => {
    stopped.length = 0;
    await stopAll(await run(service('truth'), service('way-in')));
    expect(stopped).toEqual(['way-in', 'truth']);
  });

  it('are all stopped when one cannot start, with its reason', async () => {
    stopped.length = 0;
    const waitsForOthers = service(
      'waits',
      ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('told')))),
    );
    const broken = service('broken', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('no disk');
    });
    await expect(run(service('first'), waitsForOthers, broken)).rejects.toThrow('no disk');
    expect(stopped).toEqual(['first']);
  });
});
