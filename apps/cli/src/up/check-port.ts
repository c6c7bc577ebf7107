import { createServer } from 'node:net';
import { CommandFailure, exitCodes } from '../exit-codes.js';
import { explainFailure, hasCode } from '../failures.js';

/** Refuses a port that another program has, before anything is started that would have to be stopped again. */
export async function checkPortIsFree(port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: '127.0.0.1' }, resolve);
    });
  } catch (error) {
    const why = hasCode(error, 'EADDRINUSE') ? 'another program has it' : explainFailure(error);
    throw new CommandFailure(
      `port ${port} cannot be used: ${why}`,
      exitCodes.unreachable,
      'does Cyclone run already? else choose another one with --port',
    );
  }
  await new Promise((resolve) => server.close(resolve));
}
