import type { IncomingHttpHeaders } from 'node:http';
import { escapeHtml } from '../../kit/untrusted-text.ts';
import { parseGoQuery } from './go-query.ts';
import type { ApiResponse, Route } from './route.ts';

/** The result of routing: a route, or a response without one. */
export type RoutingResult =
  | {
      readonly kind: 'route';
      readonly route: Route;
      /** The path pattern of the route, with its prefix. */
      readonly pattern: string;
      readonly params: Readonly<Record<string, string>>;
      readonly query: URLSearchParams;
    }
  | {
      readonly kind: 'answer';
      readonly response: ApiResponse;
      /** The response has no data: it needs no token, and a link of another site may lead to it. */
      readonly isPublic?: true;
    };

/** Routes a method and a request target. Returns undefined if another router must handle the request. */
export type Router = (
  method: string,
  target: string,
  headers?: IncomingHttpHeaders,
) => RoutingResult | undefined;

/** The response of Go's `http.NotFound`. */
export const notFoundResponse: ApiResponse = plainTextResponse(404, '404 page not found\n');

/**
 * Returns a router for the routes below a prefix such as `/v1`, with the responses of Go's httprouter. It redirects to the path of a
 * route if only slashes, dots or case differ. It responds with 405 if another method has the path, otherwise with 404. Inner parameters
 * may be empty, but not the last one. Unlike in Clair, a redirect keeps the prefix, and `%2F` is part of a name.
 */
export function routerOf(prefix: string, routes: readonly Route[]): Router {
  const patterns = routes.map(toRoutePattern);
  return (method, target) => {
    const { path, query } = splitTarget(target);
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return undefined;
    const parts = path.slice(prefix.length).split('/').slice(1).map(decodePathSegment);
    if (!parts.every((part) => part !== undefined))
      return respondWith(plainTextResponse(400, '400 Bad Request'));
    const ofMethod = patterns.filter(({ route }) => route.method === method);
    const match = firstMatching(ofMethod, parts);
    if (match !== undefined) {
      const { route, params } = match;
      return {
        kind: 'route',
        route,
        pattern: prefix + route.path,
        params,
        query: parseGoQuery(query),
      };
    }
    const corrected = correctedPath(ofMethod, parts);
    if (corrected !== undefined) {
      const location = prefix + corrected.map((part) => `/${encodePathSegment(part)}`).join('');
      return respondWith(redirectResponse(method, location + encodeQuery(query)));
    }
    const isKnown = firstMatching(patterns, parts) !== undefined;
    return respondWith(isKnown ? plainTextResponse(405, 'Method Not Allowed\n') : notFoundResponse);
  };
}

/** Splits a request target into its path and its query with the question mark. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const [path = '', query = ''] = target.split(/(?=\?)(.*)/s);
  return { path, query };
}

/** A route with the segments of its path. */
export interface RoutePattern {
  readonly route: Route;
  readonly parts: readonly string[];
}

/** Splits the path of a route. */
function toRoutePattern(route: Route): RoutePattern {
  return { route, parts: route.path.split('/').slice(1) };
}

interface MatchedRoutePattern extends RoutePattern {
  readonly params: Readonly<Record<string, string>>;
}

interface MatchOptions {
  /** Compares a segment of the route with one of the path; exactly by default. */
  readonly isSame?: (a: string, b: string) => boolean;
  /** Whether the last parameter may be empty too. */
  readonly mayBeEmpty?: boolean;
}

/** Returns the pattern with its parameters if it matches a path. */
function matchPattern(
  { route, parts }: RoutePattern,
  pathParts: readonly string[],
  { isSame = sameText, mayBeEmpty = false }: MatchOptions = {},
): MatchedRoutePattern | undefined {
  if (parts.length !== pathParts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, patternPart] of parts.entries()) {
    const pathPart = pathParts[i] ?? '';
    if (!patternPart.startsWith(':')) {
      if (!isSame(patternPart, pathPart)) return undefined;
    } else if (pathPart !== '' || mayBeEmpty || i < parts.length - 1) params[patternPart.slice(1)] = pathPart;
    else return undefined;
  }
  return { route, parts, params };
}

/** Returns the response to a method for which no route has the path. `matching` are the routes of other methods. */
type MethodRefusal = (method: string, matching: readonly RoutePattern[]) => ApiResponse;

/**
 * Returns a router for the paths that begin like those of the routes. It does not redirect. Every parameter may be empty, and `%2F` is part of
 * a name.
 */
export function plainRouter(routes: readonly Route[], refuse: MethodRefusal): Router {
  const patterns = routes.map(toRoutePattern);
  const firstParts = new Set(patterns.map(({ parts: [first] }) => first));
  return (method, target) => {
    const { path, query } = splitTarget(target);
    const parts = path.split('/').slice(1);
    if (!path.startsWith('/') || !firstParts.has(parts[0])) return undefined;
    const decoded = parts.map(decodePathSegment);
    if (!decoded.every((part) => part !== undefined))
      return respondWith(plainTextResponse(400, '400 Bad Request'));
    const matching = patterns.flatMap(
      (pattern) => matchPattern(pattern, decoded, { mayBeEmpty: true }) ?? [],
    );
    const match = matching.find(({ route }) => route.method === method);
    if (match === undefined) return respondWith(refuse(method, matching));
    const { route, params } = match;
    return { kind: 'route', route, pattern: route.path, params, query: parseGoQuery(query) };
  };
}

/** Returns the first pattern that matches a path. */
function firstMatching(
  patterns: readonly RoutePattern[],
  pathParts: readonly string[],
  isSame = sameText,
): MatchedRoutePattern | undefined {
  for (const pattern of patterns) {
    const match = matchPattern(pattern, pathParts, { isSame });
    if (match !== undefined) return match;
  }
  return undefined;
}

/** Returns the path that was probably meant: without trailing slash; or without empty and dot segments, in the case of the route. */
function correctedPath(
  patterns: readonly RoutePattern[],
  pathParts: readonly string[],
): readonly string[] | undefined {
  const trimmed = pathParts.slice(0, -1);
  if (pathParts.at(-1) === '' && firstMatching(patterns, trimmed) !== undefined) return trimmed;
  const cleaned = withoutDots(pathParts);
  const match = firstMatching(patterns, cleaned, sameIgnoringCase);
  return match?.parts.map((part, i) => (part.startsWith(':') ? (cleaned[i] ?? '') : part));
}

function withoutDots(parts: readonly string[]): readonly string[] {
  const segments: string[] = [];
  for (const part of parts)
    if (part === '..') segments.pop();
    else if (part !== '' && part !== '.') segments.push(part);
  return segments;
}

function sameText(a: string, b: string): boolean {
  return a === b;
}

function sameIgnoringCase(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Percent-decodes a path segment with one character per byte, as in Node. Undefined if an escape is invalid. */
function decodePathSegment(part: string): string | undefined {
  if (/%(?![\da-f]{2})/i.test(part)) return undefined;
  const bytes = part.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** Percent-encodes a path segment as Go does. */
function encodePathSegment(part: string): string {
  return encodeURIComponent(part)
    .replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent)
    .replace(/[!*'()]/g, percentHex);
}

function encodeQuery(query: string): string {
  return query.replace(/[^\x21-\x7e]/g, percentHex);
}

function percentHex(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** As Go's `http.Redirect`: only GET gets a body. */
function redirectResponse(method: string, location: string): ApiResponse {
  if (method !== 'GET') return { status: 307, headers: { Location: location } };
  return {
    status: 301,
    headers: { Location: location },
    contentType: 'text/html; charset=utf-8',
    text: `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`,
  };
}

/** Returns a response as Go's `http.Error` writes it. */
export function plainTextResponse(status: number, text: string): ApiResponse {
  return {
    status,
    headers: { 'X-Content-Type-Options': 'nosniff' },
    contentType: 'text/plain; charset=utf-8',
    text,
  };
}

function respondWith(response: ApiResponse): RoutingResult {
  return { kind: 'answer', response };
}
