import { createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import { checkPortIsFree } from './check-port.js';

it('a port is refused while another program has it, and only then', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(checkPortIsFree(port)).rejects.toMatchObject({
    message: `port ${port} cannot be used: another program has it`,
    exitCode: 3,
    hint: expect.stringContaining('--port'),
  });
  await new Promise((resolve) => other.close(resolve));
  await checkPortIsFree(port);
});
