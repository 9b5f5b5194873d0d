import { createHash, timingSafeEqual } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { type ApiResponse, errorResponse, type Route, type Scope } from './route.ts';

/** Each scope includes the scopes before it. */
const scopesAscending: readonly Scope[] = ['read', 'scan', 'admin'];

/** A route, reduced to what decides on access. */
export type AccessTarget = Pick<Route, 'scope' | 'method' | 'renderError'>;

/** Whether a request is allowed, and its token. */
export interface AccessDecision {
  /** The name of the token, for the log; undefined without a known token. */
  readonly token?: string;
  /** The response to a request that is not allowed, and the reason for the log. */
  readonly refusal?: { readonly response: ApiResponse; readonly reason: string };
}

/** Decides which requests are allowed. */
export interface Access {
  /** Whether all requests are allowed without a token. */
  readonly isOpen: boolean;
  /** Decides on a request by its `Authorization` header. Without a route, every known token suffices. */
  authorize(authorization: string | undefined, route: AccessTarget | undefined): AccessDecision;
}

/**
 * Returns access by bearer tokens: authentication and scopes. An entry holds the hash of a token, not the token: `scan:`, the SHA-256 in
 * hexadecimal, and optionally `:`, a name for the log, `:` and the last day in UTC on which the token is valid. Without entries, all requests
 * are allowed, as in Clair. `now` is in milliseconds since 1970. Throws `config-invalid` for a malformed entry and for two entries with one
 * token.
 */
export function accessByTokens(entries: readonly string[], now: () => number = Date.now): Access {
  const tokens = entries.map(parseEntry);
  if (tokens.length === 0) return { isOpen: true, authorize: () => ({}) };
  assertUniqueTokens(tokens);
  return {
    isOpen: false,
    authorize(authorization, route) {
      const renderError = route?.renderError ?? errorResponse;
      const token = bearerTokenOf(authorization);
      const granted = token === undefined ? undefined : findToken(tokens, token);
      if (granted === undefined) {
        const response = renderError(401, 'a valid token is required', { 'WWW-Authenticate': 'Bearer' });
        return { refusal: { response, reason: token === undefined ? 'no bearer token' : 'unknown token' } };
      }
      if (now() >= granted.expiresAt) {
        const response = renderError(401, 'this token has expired', { 'WWW-Authenticate': 'Bearer' });
        return { token: granted.name, refusal: { response, reason: 'the token has expired' } };
      }
      const required = route === undefined ? 'read' : requiredScope(route);
      if (scopesAscending.indexOf(granted.scope) >= scopesAscending.indexOf(required))
        return { token: granted.name };
      const response = renderError(403, `this token does not allow it: ${required} is required`);
      return { token: granted.name, refusal: { response, reason: `the scope ${required} is required` } };
    },
  };
}

interface ConfiguredToken {
  readonly scope: Scope;
  readonly sha256: Buffer;
  readonly name: string;
  /** The end of its last day, in milliseconds since 1970; infinite if it does not expire. */
  readonly expiresAt: number;
}

const dayMs = 24 * 60 * 60 * 1000;

function parseEntry(entry: string): ConfiguredToken {
  const [, scope, sum = '', name, lastDay] =
    /^(read|scan|admin):([\da-f]{64})(?::([\w.@-]{1,64})(?::(\d{4}-\d{2}-\d{2}))?)?$/i.exec(entry) ?? [];
  const expiresAt = lastDay === undefined ? Number.POSITIVE_INFINITY : endOfDay(lastDay);
  // The message omits the entry, which could be a token that was configured by mistake.
  if (scope === undefined || Number.isNaN(expiresAt))
    throw new ClairError(
      'config-invalid',
      'api.tokens must have entries of the form scope:hash, scope:hash:name or scope:hash:name:day, with the scope read, scan or admin, the ' +
        'SHA-256 of a token in hexadecimal, and a last day such as 2027-01-31; clair config token creates one',
    );
  const lower = scope.toLowerCase() as Scope;
  const shownName = name ?? `${lower}:${sum.slice(0, 8)}`;
  return { scope: lower, sha256: Buffer.from(sum, 'hex'), name: shownName, expiresAt };
}

/** Returns the end of a day in UTC. NaN if the calendar does not have the day. */
function endOfDay(day: string): number {
  const start = Date.parse(`${day}T00:00:00Z`);
  const isInCalendar = !Number.isNaN(start) && new Date(start).toISOString().startsWith(day);
  return isInCalendar ? start + dayMs : Number.NaN;
}

/** Throws `config-invalid` if one token has two entries, of which the wider scope would count unnoticed. */
function assertUniqueTokens(entries: readonly ConfiguredToken[]): void {
  for (const tokens of Map.groupBy(entries, ({ sha256 }) => sha256.toString('hex')).values())
    if (tokens.length > 1)
      throw new ClairError(
        'config-invalid',
        `api.tokens has one token ${tokens.length} times (${tokens.map(({ name }) => name).join(', ')}): remove all but one`,
      );
}

function bearerTokenOf(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

/** Compares every configured token in constant time, so that timing reveals nothing. */
function findToken(tokens: readonly ConfiguredToken[], token: string): ConfiguredToken | undefined {
  const hash = createHash('sha256').update(token).digest();
  return tokens.filter((candidate) => timingSafeEqual(candidate.sha256, hash))[0];
}

/** Returns the scope that a token needs for a route. */
export function requiredScope({ scope, method }: Pick<Route, 'scope' | 'method'>): Scope {
  return scope ?? (method === 'GET' ? 'read' : 'admin');
}
