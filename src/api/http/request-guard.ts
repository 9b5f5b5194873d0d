import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';

/** The refusal of a request before routing. */
export interface GuardRefusal {
  readonly status: 400 | 403 | 415;
  readonly message: string;
}

/** Returns the refusal of a request; undefined if the request is acceptable. */
export type RequestGuard = (request: GuardedRequest) => GuardRefusal | undefined;

/** The parts of a request that the guard reads. */
export type GuardedRequest = Pick<IncomingMessage, 'method' | 'headers' | 'rawHeaders'>;

/** Options of `requestGuard`. */
export interface GuardOptions {
  /**
   * `loopback`: accept only Host headers that name this machine. For listeners on loopback without tokens. Prevents DNS rebinding, where
   * the name of a web page resolves to 127.0.0.1.
   */
  readonly hosts: 'any' | 'loopback';
}

/** Returns a guard that refuses cross-origin requests (CSRF), several Host headers, and with `loopback` other hosts. */
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
    if (problem !== undefined && !isNavigation(method, headers)) return { status: 403, message: problem };
    return hasFormBody(method, headers) ? formBodyRefusal : undefined;
  };
}

const foreignHostRefusal: GuardRefusal = {
  status: 403,
  message:
    'this server accepts requests of this machine only: send the Host localhost, 127.0.0.1 or [::1]; for others, set api.tokens, or a healthaddr that is not loopback',
};

const formBodyRefusal: GuardRefusal = {
  status: 415,
  message: 'web pages must send a body as application/json',
};

/** Headers on the origin of a request. Fetch, section 3.2; Fetch Metadata Request Headers, section 2.4. */
export interface RequestOrigin {
  readonly origin: string | undefined;
  readonly site: string | undefined;
  readonly host: string;
}

/** Returns why a cross-origin request is refused; undefined if it has the origin of this server or is not of a web page. */
export function crossOriginProblem({ origin, site, host }: RequestOrigin): string | undefined {
  if (site !== undefined && site !== 'none' && site !== 'same-origin')
    return `requests of web pages of other origins are refused: Sec-Fetch-Site is ${site.slice(0, 20)}`;
  if (origin === undefined || isOriginOf(origin, host)) return undefined;
  return 'requests of web pages of other origins are refused: Origin is not this server';
}

/**
 * Returns whether a person follows a link of another site, or a provider of identities leads back. The other site cannot read the response,
 * which fills the window, and reads change nothing. Frames have another destination. Fetch Metadata Request Headers, section 2.
 */
function isNavigation(method: string, headers: GuardedRequest['headers']): boolean {
  const [mode, destination] = [headers['sec-fetch-mode'], headers['sec-fetch-dest']];
  return (
    method === 'GET' && headers.origin === undefined && mode === 'navigate' && destination === 'document'
  );
}

/** Returns whether a browser says that a page of this server sends the request. */
export function isOfOwnPage({ origin, site, host }: RequestOrigin): boolean {
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && isOriginOf(origin, host);
}

/** Returns whether an origin is that of this server. Uses the scheme of the origin, since a proxy may terminate TLS. */
function isOriginOf(origin: string, host: string): boolean {
  const page = URL.parse(origin);
  if (page === null || !/^https?:$/.test(page.protocol)) return false;
  return URL.parse(`${page.protocol}//${host}`)?.host === page.host;
}

/** Returns whether a host names this machine in every browser and resolver. RFC 6761, section 6.3. */
function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || isLoopbackIPv4(name);
}

function isLoopbackIPv4(name: string): boolean {
  return isIPv4(name) && name.startsWith('127.');
}

/** Counts the Host headers, RFC 9112, section 3.2. Node itself keeps only the first. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.length === 4 && rawHeaders[i]?.toLowerCase() === 'host') count++;
  return count;
}

/** Content types that pages can send without a CORS preflight. Fetch, "CORS-safelisted request-header". */
const formTypes = /^\s*(?:text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i;

/** Returns whether a browser sends a form body. Clients of Clair and `curl -d` send these types too, and are accepted. */
function hasFormBody(method: string, headers: GuardedRequest['headers']): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const isBrowser = ['origin', 'sec-fetch-site', 'referer'].some((name) => headers[name] !== undefined);
  return isBrowser && formTypes.test(headers['content-type'] ?? '');
}
