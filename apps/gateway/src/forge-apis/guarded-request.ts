import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import { request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { ForgeApiError } from './forge-api.js';
import { leadsOutside } from './outside-address.js';

export interface GuardedReply {
  readonly status: number;
  readonly body: unknown;
}

const replyBytesMax = 5 * 1024 * 1024;
const replyMsMax = 10_000;

type LookupDone = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** Connects to exactly the addresses that were checked: a name that answers otherwise a moment later changes nothing. */
const outsideLookup = (hostname: string, options: LookupOptions, done: LookupDone): void => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, []);
    const outside = addresses.filter(({ address }) => leadsOutside(address));
    const [first] = outside;
    if (first === undefined) return done(Object.assign(new Error(`${hostname} leads inside`), { code: 'INSIDE' }), []);
    return options.all === true ? done(null, outside) : done(null, first.address, first.family);
  });
};

/** Requests to addresses that users name: http(s) only, never to the inside unless an administrator allows the host, no redirects. */
export const createGuardedRequest =
  (allowedHosts: readonly string[]) =>
  async (
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body?: unknown,
  ): Promise<GuardedReply> => {
    const target = new URL(url);
    if (target.protocol !== 'https:' && target.protocol !== 'http:')
      throw new ForgeApiError(`${target.protocol} is not an address of a forge's API`, false);
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const isAllowed = allowedHosts.includes(host) || allowedHosts.includes(target.host);
    if (!isAllowed && isIP(host) !== 0 && !leadsOutside(host)) {
      throw new ForgeApiError(`${host} leads inside; an administrator may allow it (CYCLONE_ALLOWED_HOSTS)`, false);
    }
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const options: RequestOptions = {
      method,
      headers: {
        'User-Agent': 'cyclone',
        Accept: 'application/json',
        ...headers,
        ...(payload === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': payload.length }),
      },
      signal: AbortSignal.timeout(replyMsMax),
      // The cast says only that Node's callback has both of its forms.
      lookup: isAllowed ? undefined : (outsideLookup as RequestOptions['lookup']),
    };
    try {
      return await send(target, options, payload);
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no answer';
      const inside =
        code === 'INSIDE'
          ? 'leads inside; an administrator may allow it (CYCLONE_ALLOWED_HOSTS)'
          : `did not answer (${code})`;
      throw new ForgeApiError(`${target.host} ${inside}`, code !== 'INSIDE', { cause: error });
    }
  };

export type GuardedRequest = ReturnType<typeof createGuardedRequest>;

const send = (target: URL, options: RequestOptions, payload: Buffer | undefined): Promise<GuardedReply> =>
  new Promise((settle, reject) => {
    const request = (target.protocol === 'https:' ? requestHttps : requestHttp)(target, options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > replyBytesMax) request.destroy(new Error('the reply is too large'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        settle({ status: response.statusCode ?? 0, body: parseOrText(Buffer.concat(chunks).toString()) }),
      );
    });
    request.on('error', reject);
    request.end(payload);
  });

const parseOrText = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 500);
  }
};
