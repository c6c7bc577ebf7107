import { limits } from '../limits.js';
import { listOf, oneOrMany } from '../shape/lists.js';
import { mapped } from '../shape/shape.js';
import { text } from '../shape/scalars.js';

/** What the contracts take as a service's host name. */
export const hostNamePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** `name:address`, as in Docker. */
const extraHost = mapped(
  text({
    charsMax: 300,
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]*:[0-9A-Fa-f.:]+$/,
    expects: '`name:address` with an IP address',
  }),
  (line) => ({ host: line.slice(0, line.indexOf(':')), address: line.slice(line.indexOf(':') + 1) }),
);

export const extraHosts = listOf(extraHost, { max: limits.listMax });

export const dnsServers = oneOrMany(text({ charsMax: 45, pattern: /^[0-9A-Fa-f.:]+$/, expects: 'an IP address' }), {
  max: 5,
});
