import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';

/** Why a request is refused before any route sees it. */
export interface GuardRefusal {
  readonly status: 400 | 403 | 415;
  readonly message: string;
}

/** Finds out why a request must not be answered; undefined for one that may be. */
export type RequestGuard = (request: GuardedRequest) => GuardRefusal | undefined;

/** The parts of a request that are judged. */
export type GuardedRequest = Pick<IncomingMessage, 'method' | 'headers' | 'rawHeaders'>;

/** The hosts that a listener answers to. */
export interface GuardOptions {
  /**
   * `loopback` for a listener that only programs of this machine reach, and that asks them for nothing: a web page whose name is
   * rebound to 127.0.0.1 must not count as one of them.
   */
  readonly hosts: 'any' | 'loopback';
}

/** Refuses what web pages of other origins send, what is addressed to several hosts, and what is addressed to another machine. */
export function requestGuard({ hosts }: GuardOptions): RequestGuard {
  return ({ method = '', headers, rawHeaders }) => {
    if (countHosts(rawHeaders) > 1) return { status: 400, message: 'a request takes one Host header' };
    const { host = '' } = headers;
    if (hosts === 'loopback' && host !== '' && !isLoopbackHost(host)) return foreignHostRefusal;
    const problem = crossOriginProblem({
      origin: headers.origin,
      site: headers['sec-fetch-site']?.toString(),
      host,
    });
    if (problem !== undefined) return { status: 403, message: problem };
    return hasFormBody(method, headers) ? formBodyRefusal : undefined;
  };
}

const foreignHostRefusal: GuardRefusal = {
  status: 403,
  message:
    'this server answers programs of this machine only: send the Host localhost, 127.0.0.1 or [::1]; for others, set api.tokens, or a healthaddr that is not loopback',
};

const formBodyRefusal: GuardRefusal = {
  status: 415,
  message: 'web pages have to send a body as application/json',
};

/** What a browser says of the page that a request comes from. Fetch, section 3.2; Fetch Metadata Request Headers, section 2.4. */
export interface RequestOrigin {
  readonly origin: string | undefined;
  readonly site: string | undefined;
  readonly host: string;
}

/** Why a request of a web page is refused; undefined if it comes of no page, or of one of this server itself. */
export function crossOriginProblem({ origin, site, host }: RequestOrigin): string | undefined {
  if (site !== undefined && site !== 'none' && site !== 'same-origin')
    return `requests of web pages of other origins are refused: Sec-Fetch-Site is ${site.slice(0, 20)}`;
  if (origin === undefined || isOriginOf(origin, host)) return undefined;
  return 'requests of web pages of other origins are refused: Origin is not this server';
}

/** A proxy may have taken TLS off, so the scheme is that of the origin. */
function isOriginOf(origin: string, host: string): boolean {
  const page = URL.parse(origin);
  if (page === null || !/^https?:$/.test(page.protocol)) return false;
  return URL.parse(`${page.protocol}//${host}`)?.host === page.host;
}

/** Names that mean this machine in every browser and every resolver. RFC 6761, section 6.3. */
function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || isLoopbackIPv4(name);
}

function isLoopbackIPv4(name: string): boolean {
  return isIPv4(name) && name.startsWith('127.');
}

/** RFC 9112, section 3.2. Node keeps the first of several. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host') count++;
  return count;
}

/** Bodies that a form or a script of any page can send without being asked. Fetch, "CORS-safelisted request-header". */
const formTypes = /^\s*(?:text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i;

/** Clients of Clair send such types, too, and `curl -d` does: they are refused only of a browser. */
function hasFormBody(method: string, headers: GuardedRequest['headers']): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const isBrowser = ['origin', 'sec-fetch-site', 'referer'].some((name) => headers[name] !== undefined);
  return isBrowser && formTypes.test(headers['content-type'] ?? '');
}
