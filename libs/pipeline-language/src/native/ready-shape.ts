import { limits } from '../limits.js';
import { field, record } from '../shape/maps.js';
import { either, expecting, mapped, type Shape } from '../shape/shape.js';
import { integer, text } from '../shape/scalars.js';
import { argumentList } from '../words/commands.js';
import { duration } from '../words/quantities.js';

export interface Ready {
  readonly port?: number;
  readonly http?: { readonly port: number; readonly path: string };
  readonly command?: string[];
  readonly timeoutMs: number;
}

const port = integer({ min: 1, max: 65_535 });
const path = text({ charsMax: limits.wordCharsMax, pattern: /^\/[^\s]*$/, expects: 'a path that starts with `/`' });

const http = expecting(
  'a path such as `/health`, or `{port, path}`',
  either(
    mapped(path, (value): { port?: number; path: string } => ({ path: value })),
    mapped(
      record({ port: field(port, 'Port of the server.'), path: field(path, 'What to ask for; `/` by default.') }),
      (value): { port?: number; path: string } => ({ port: value.port, path: value.path ?? '/' }),
    ),
  ),
);

const full = record({
  port: field(port, 'Something must listen at this port.'),
  http: field(http, 'This address must answer with success.'),
  command: field(argumentList, 'This program, run inside the service, must end with 0.'),
  timeout: field(duration({ msMax: limits.readyTimeoutMsMax }), 'How long to wait; 60s by default.'),
});

/** `ready: 5432`, or a map in which everything must hold. */
export const readyShape: Shape<Ready> = expecting(
  'a port, or a map of `port`, `http`, `command` and `timeout`',
  either(
    mapped(port, (value): Ready => ({ port: value, timeoutMs: limits.readyTimeoutMsDefault })),
    mapped(full, (value, node, report): Ready | undefined => {
      const timeoutMs = value.timeout ?? limits.readyTimeoutMsDefault;
      const httpPort = value.http?.port ?? value.port;
      if (value.http !== undefined && httpPort === undefined) {
        report.error(
          'ready-without-port',
          value.place.keySpan('http'),
          '`http` needs a port',
          'write `http: {port: 8080, path: /health}`',
        );
        return undefined;
      }
      if (!['port', 'http', 'command'].some((key) => value.place.has(key))) {
        report.error(
          'ready-says-nothing',
          node.span,
          '`ready` names nothing to wait for',
          'add `port`, `http` or `command`',
        );
        return undefined;
      }
      const asked =
        value.http === undefined || httpPort === undefined ? undefined : { port: httpPort, path: value.http.path };
      return { port: value.port, http: asked, command: value.command, timeoutMs };
    }),
  ),
);
