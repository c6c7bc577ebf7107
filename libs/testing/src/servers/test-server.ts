import type { LocalServer, ServerOptions } from '@cyclone/local-servers';
import { temporaryFolder } from '../temporary-folder.js';

/** A real server that belongs to one test file. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Changes with every restart. */
  readonly pid: number;
  /** As a crash would: no warning, no flush. The data stays for `restart`. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  /** Ends the server and removes its data. */
  dispose(): Promise<void>;
}

export type StartServer = (options: Required<Pick<ServerOptions, 'dataDir'>> & ServerOptions) => Promise<LocalServer>;

/** Ended by SIGKILL, since nobody wants the data: a graceful end of MongoDB takes a second per test file. */
export async function startTestServer(label: string, start: StartServer): Promise<TestServer> {
  const folder = await temporaryFolder(label);
  const begin = async (port?: number) => {
    try {
      return await start({ dataDir: folder.path, port });
    } catch (error) {
      await folder.dispose();
      throw error;
    }
  };
  let server = await begin();
  const dispose = async () => {
    await server.kill9();
    await folder.dispose();
  };
  return {
    url: server.url,
    port: server.port,
    get pid() {
      return server.pid;
    },
    kill9: () => server.kill9(),
    restart: async () => {
      await server.kill9();
      server = await begin(server.port);
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}
