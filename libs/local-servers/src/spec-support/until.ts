import { setTimeout as pause } from 'node:timers/promises';

/** Waits until something is so. (This package lies below @cyclone/testing, whose `eventually` others use.) */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 8_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${condition.toString()}`);
    await pause(20);
  }
}
