import { lookup as resolve } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type LookupFunction, isIP } from 'node:net';
import { isInsideAddress } from './inside-address.js';

export interface OutboundReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Its beginning, as much as an error message needs. */
  readonly body: string;
}

/**
 * Posts to addresses that users gave. `post` throws {@link OutboundRefusedError} where policy forbids the address and
 * {@link OutboundFailedError} when no answer came; any answer is a reply, a redirection too: none is followed.
 */
export interface OutboundHttp {
  post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<OutboundReply>;
}

/** Thrown when the address must not be called: trying again does not help. */
export class OutboundRefusedError extends Error {
  readonly code = 'outbound-refused';
  readonly retriable = false;
}

/** Thrown when the server could not be reached, or did not answer in time. */
export class OutboundFailedError extends Error {
  readonly code = 'outbound-failed';
  readonly retriable = true;
}

const timeoutMs = 15_000;
const bodyCharsMax = 4_096;

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '').toLowerCase();

/** Resolves a name and hands on only what may be reached, so that the address that was checked is the one that is called. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { all: true, family: options.family }).then(
    (found) => {
      const first = found[0];
      const bad = found.find(({ address }) => isInsideAddress(address));
      if (bad !== undefined || first === undefined) {
        callback(new OutboundRefusedError(`${hostname} is ${bad?.address ?? 'nowhere'}, an inside address`), '', 0);
      } else if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    },
    (error: NodeJS.ErrnoException) => callback(error, '', 0),
  );
};

const check = (text: string, allowedHosts: readonly string[]): { url: URL; isAllowedInside: boolean } => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new OutboundRefusedError(`${text} is no address`);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new OutboundRefusedError(`${url.protocol} is neither https nor http`);
  if (url.username !== '' || url.password !== '')
    throw new OutboundRefusedError('an address with a user name or password in it is not called');
  const isAllowedInside = allowedHosts.includes(hostOf(url));
  if (!isAllowedInside && isIP(hostOf(url)) !== 0 && isInsideAddress(hostOf(url))) {
    throw new OutboundRefusedError(
      `${hostOf(url)} is an inside address; an administrator can allow it in CYCLONE_ALLOWED_HOSTS`,
    );
  }
  return { url, isAllowedInside };
};

/** `allowedHosts`: those that an administrator lets us call although they are inside. */
export const createOutboundHttp = (allowedHosts: readonly string[]): OutboundHttp => ({
  post: async (text, headers, body) => {
    const { url, isAllowedInside } = check(text, allowedHosts);
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const { promise, resolve: settle, reject } = Promise.withResolvers<OutboundReply>();
    const call = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.timeout(timeoutMs),
      agent: false,
      ...(isAllowedInside ? {} : { lookup: guardedLookup }),
    });
    call.on('error', (error) => {
      if (error instanceof OutboundRefusedError) reject(error);
      else reject(new OutboundFailedError(`${url.host} could not be reached: ${error.message}`, { cause: error }));
    });
    call.on('response', (response) => {
      let beginning = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        beginning = (beginning + piece).slice(0, bodyCharsMax);
      });
      response.on('error', (error) =>
        reject(new OutboundFailedError(`${url.host} broke off: ${error.message}`, { cause: error })),
      );
      response.on('end', () =>
        settle({ status: response.statusCode ?? 0, headers: response.headers, body: beginning }),
      );
    });
    call.end(body);
    return promise;
  },
});
