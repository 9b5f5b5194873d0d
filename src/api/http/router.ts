import { parseGoQuery } from './go-query.ts';
import type { ApiResponse, Route } from './route.ts';

/** What a request leads to: a route, or an answer that needs none. */
export type RoutingResult =
  | {
      readonly kind: 'route';
      readonly route: Route;
      /** The path of the route, with its prefix. */
      readonly pattern: string;
      readonly params: Readonly<Record<string, string>>;
      readonly query: URLSearchParams;
    }
  | { readonly kind: 'answer'; readonly response: ApiResponse };

/** Finds where a method and a request target lead; nothing where the target is not below the prefix. */
export type Router = (method: string, target: string) => RoutingResult | undefined;

/** As Go's `http.NotFound`. */
export const notFoundResponse: ApiResponse = plainTextResponse(404, '404 page not found\n');

/**
 * Routes below a prefix such as `/v1`, with the answers of Go's httprouter: a redirect to the path as a route spells it where slashes,
 * dots or case differ, 405 where another method has the path, else 404. An inner parameter may be empty, the last may not. Other than
 * in Clair a redirect keeps the prefix, and `%2F` is part of a name.
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

/** The path of a request target, and its query with the question mark. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const [path = '', query = ''] = target.split(/(?=\?)(.*)/s);
  return { path, query };
}

/** A route with the parts of its path. */
export interface RoutePattern {
  readonly route: Route;
  readonly parts: readonly string[];
}

/** A route by its path. */
export function toRoutePattern(route: Route): RoutePattern {
  return { route, parts: route.path.split('/').slice(1) };
}

interface MatchedRoutePattern extends RoutePattern {
  readonly params: Readonly<Record<string, string>>;
}

interface MatchOptions {
  /** Whether a part of a path is that of a route: to the letter where it is not said. */
  readonly isSame?: (a: string, b: string) => boolean;
  /** Whether also the last parameter may be empty. */
  readonly mayBeEmpty?: boolean;
}

/** A pattern with the values of its parameters, where a path fits it. */
export function matchPattern(
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

/** The first pattern that fits. */
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

/** The path that was probably meant: without the slash at its end, else without empty and dotted parts and with the route's case. */
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

/** A part of a path as text; nothing where a percent sign stands alone. Node gives targets as one character a byte. */
export function decodePathSegment(part: string): string | undefined {
  if (/%(?![\da-f]{2})/i.test(part)) return undefined;
  const bytes = part.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** As Go writes a part of a path. */
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

/** As Go's `http.Redirect`: only a GET gets a page that says so. */
function redirectResponse(method: string, location: string): ApiResponse {
  if (method !== 'GET') return { status: 307, headers: { Location: location } };
  return {
    status: 301,
    headers: { Location: location },
    contentType: 'text/html; charset=utf-8',
    text: `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`,
  };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) =>
    char === '&' ? '&amp;' : char === '<' ? '&lt;' : char === '>' ? '&gt;' : `&#${char.charCodeAt(0)};`,
  );
}

/** As Go's `http.Error`. */
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
