import { createServer, type Server } from 'node:http';
import { countVisit } from './visits.ts';

export interface Settings {
  readonly version: string;
  readonly redis: { readonly host: string; readonly port: number } | undefined;
}

/** `GET /` greets and counts the visit; `GET /health` answers when the service can work. */
export function createHelloServer(settings: Settings): Server {
  return createServer((request, response) => {
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
    };
    if (request.method !== 'GET') return answer(405, { error: 'only GET is understood' });
    if (request.url === '/health') return answer(200, { status: 'ok', version: settings.version });
    if (request.url !== '/') return answer(404, { error: `nothing at ${request.url}` });
    if (settings.redis === undefined) return answer(200, { message: 'Hello from Cyclone', version: settings.version });
    countVisit(settings.redis).then(
      (visits) => answer(200, { message: 'Hello from Cyclone', version: settings.version, visits }),
      (error: Error) => answer(503, { error: `the counter did not answer: ${error.message}` }),
    );
  });
}
