import type { IncomingHttpHeaders } from 'node:http';
import { percentDecode } from '../untrusted-text.ts';
import { basicAuthorization, HttpError } from './http-rules.ts';

/** Header fields by their names, in the order in which they are sent. An undefined one is not sent, not even by Node. */
export type HttpHeaders = Readonly<Record<string, string | undefined>>;

/** The header fields of a request. */
export interface HeaderSets {
  readonly headers?: HttpHeaders;
  /** Sent to the origin of the URL until a redirect leads to another one, and never again after that. */
  readonly originHeaders?: HttpHeaders;
}

/** Credentials of the client. Only the origin of the first URL gets them, whichever set they are in. */
const credentialHeaders: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * Returns the header fields of a request. Until a redirect leads to another origin, they include the credentials of the first URL as basic
 * authentication. After that, they include no credentials.
 */
export function headersAfterRedirects(
  start: URL,
  { headers = {}, originHeaders = {} }: HeaderSets,
  isSameOrigin: boolean,
): HttpHeaders {
  if (isSameOrigin) return { ...headers, ...originHeaders, ...credentialsOf(start) };
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.filter(([name]) => !credentialHeaders.has(name.toLowerCase())));
}

function credentialsOf({ username, password }: URL): HttpHeaders {
  if (username === '' && password === '') return {};
  const decoded = (text: string): string => percentDecode(text) ?? text;
  return { authorization: basicAuthorization(decoded(username), decoded(password)) };
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Returns the URL that a response redirects to. Undefined if it is not a redirect. Throws an `HttpError` for a target that is not a URL of
 * HTTP or HTTPS, and for a redirect from HTTPS to HTTP.
 */
export function redirectTarget(
  from: URL,
  { status, headers: { location } }: { readonly status: number; readonly headers: IncomingHttpHeaders },
): URL | undefined {
  if (!redirectStatuses.has(status) || location === undefined) return undefined;
  if (!URL.canParse(location, from.href)) throw new HttpError('a redirect to an invalid URL is not followed');
  const to = new URL(location, from);
  if (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')) return to;
  throw new HttpError(`a redirect from ${from.protocol} to ${to.protocol} is not followed`);
}
