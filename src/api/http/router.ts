import type { ApiAnswer, Route } from './exchange.ts';
import { parseGoQuery } from './go-query.ts';

/** What a request leads to: a route, or an answer that needs none. */
export type Found =
  | {
      readonly kind: 'route';
      readonly route: Route;
      /** The path of the route, with its prefix. */
      readonly pattern: string;
      readonly params: Readonly<Record<string, string>>;
      readonly query: URLSearchParams;
    }
  | { readonly kind: 'answer'; readonly answer: ApiAnswer };

/** Finds where a method and a request target lead; nothing where the target is not below the prefix. */
export type Router = (method: string, target: string) => Found | undefined;

/** As Go's `http.NotFound`. */
export const notFound: ApiAnswer = plainText(404, '404 page not found\n');

/**
 * Routes below a prefix such as `/v1`, with the answers of Go's httprouter: a redirect to the path as a route spells it where slashes,
 * dots or case differ, 405 where another method has the path, else 404. An inner parameter may be empty, the last may not. Other than
 * in Clair a redirect keeps the prefix, and `%2F` is part of a name.
 */
export function routerOf(prefix: string, routes: readonly Route[]): Router {
  const patterns = routes.map(patternOf);
  return (method, target) => {
    const { path, query } = splitTarget(target);
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return undefined;
    const parts = path.slice(prefix.length).split('/').slice(1).map(percentDecoded);
    if (!parts.every((part) => part !== undefined)) return answering(plainText(400, '400 Bad Request'));
    const ours = patterns.filter(({ route }) => route.method === method);
    const found = firstMatch(ours, parts);
    if (found !== undefined) {
      const { route, params } = found;
      return {
        kind: 'route',
        route,
        pattern: prefix + route.path,
        params,
        query: parseGoQuery(query),
      };
    }
    const better = spelledRight(ours, parts);
    if (better !== undefined) {
      const location = prefix + better.map((part) => `/${percentEncoded(part)}`).join('');
      return answering(redirect(method, location + percentEncodedQuery(query)));
    }
    const isKnown = firstMatch(patterns, parts) !== undefined;
    return answering(isKnown ? plainText(405, 'Method Not Allowed\n') : notFound);
  };
}

/** The path of a request target, and its query with the question mark. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const [path = '', query = ''] = target.split(/(?=\?)(.*)/s);
  return { path, query };
}

/** A route with the parts of its path. */
export interface Pattern {
  readonly route: Route;
  readonly parts: readonly string[];
}

/** A route by its path. */
export function patternOf(route: Route): Pattern {
  return { route, parts: route.path.split('/').slice(1) };
}

interface MatchedPattern extends Pattern {
  readonly params: Readonly<Record<string, string>>;
}

interface Matching {
  /** Whether a part of a path is that of a route: to the letter where it is not said. */
  readonly isSame?: (a: string, b: string) => boolean;
  /** Whether also the last parameter may be empty. */
  readonly mayBeEmpty?: boolean;
}

/** A pattern with the values of its parameters, where a path fits it. */
export function matched(
  { route, parts }: Pattern,
  wanted: readonly string[],
  { isSame = sameText, mayBeEmpty = false }: Matching = {},
): MatchedPattern | undefined {
  if (parts.length !== wanted.length) return undefined;
  const params: Record<string, string> = {};
  for (const [i, ours] of parts.entries()) {
    const theirs = wanted[i] ?? '';
    if (!ours.startsWith(':')) {
      if (!isSame(ours, theirs)) return undefined;
    } else if (theirs !== '' || mayBeEmpty || i < parts.length - 1) params[ours.slice(1)] = theirs;
    else return undefined;
  }
  return { route, parts, params };
}

/** The first pattern that fits. */
function firstMatch(
  patterns: readonly Pattern[],
  wanted: readonly string[],
  isSame = sameText,
): MatchedPattern | undefined {
  for (const pattern of patterns) {
    const found = matched(pattern, wanted, { isSame });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The path that was probably meant: without the slash at its end, else without empty and dotted parts and with the route's case. */
function spelledRight(
  patterns: readonly Pattern[],
  wanted: readonly string[],
): readonly string[] | undefined {
  const trimmed = wanted.slice(0, -1);
  if (wanted.at(-1) === '' && firstMatch(patterns, trimmed) !== undefined) return trimmed;
  const cleaned = withoutDots(wanted);
  const found = firstMatch(patterns, cleaned, sameButForCase);
  return found?.parts.map((part, i) => (part.startsWith(':') ? (cleaned[i] ?? '') : part));
}

function withoutDots(parts: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const part of parts)
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  return kept;
}

function sameText(a: string, b: string): boolean {
  return a === b;
}

function sameButForCase(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** A part of a path as text; nothing where a percent sign stands alone. Node gives targets as one character a byte. */
export function percentDecoded(part: string): string | undefined {
  if (/%(?![\da-f]{2})/i.test(part)) return undefined;
  const bytes = part.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

/** As Go writes a part of a path. */
function percentEncoded(part: string): string {
  return encodeURIComponent(part)
    .replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent)
    .replace(/[!*'()]/g, inHex);
}

function percentEncodedQuery(query: string): string {
  return query.replace(/[^\x21-\x7e]/g, inHex);
}

function inHex(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** As Go's `http.Redirect`: only a GET gets a page that says so. */
function redirect(method: string, location: string): ApiAnswer {
  if (method !== 'GET') return { status: 307, headers: { Location: location } };
  return {
    status: 301,
    headers: { Location: location },
    contentType: 'text/html; charset=utf-8',
    text: `<a href="${htmlEscaped(location)}">Moved Permanently</a>.\n\n`,
  };
}

function htmlEscaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) =>
    char === '&' ? '&amp;' : char === '<' ? '&lt;' : char === '>' ? '&gt;' : `&#${char.charCodeAt(0)};`,
  );
}

/** As Go's `http.Error`. */
export function plainText(status: number, text: string): ApiAnswer {
  return {
    status,
    headers: { 'X-Content-Type-Options': 'nosniff' },
    contentType: 'text/plain; charset=utf-8',
    text,
  };
}

function answering(answer: ApiAnswer): Found {
  return { kind: 'answer', answer };
}
