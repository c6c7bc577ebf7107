const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['mongodb', 27017],
  ['nats', 4222],
  ['tls', 4222],
  ['redis', 6379],
  ['rediss', 6379],
  ['http', 80],
  ['https', 443],
]);

/** Servers are named by lists of addresses too (replica sets, clusters), which the URL class cannot read. */
const URL_PATTERN = /^([a-z]+):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?,]+)(?::(\d+))?(?=[/?,]|$)/i;

export function firstAddress(url: string): { readonly host: string; readonly port: number } | undefined {
  const [, scheme, host, port] = URL_PATTERN.exec(url) ?? [];
  if (scheme === undefined || host === undefined) return undefined;
  const number = port === undefined ? DEFAULT_PORTS.get(scheme.toLowerCase()) : Number(port);
  return number === undefined ? undefined : { host: host.replace(/^\[|\]$/g, ''), port: number };
}

/** For messages: what stands before the @ may be a password or a token. */
export function withoutPassword(url: string): string {
  return url.replace(/(:\/\/)[^/]*@/, '$1***@');
}
