import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { dayMs } from '../../core/duration.ts';
import { ClairError } from '../../core/errors.ts';
import { RepositoryLimit } from './repository-limit.ts';
import { type ApiResponse, errorResponse, type Route, type Scope } from './route.ts';

/** The scopes that a route may need, by the scope of a token that allows them. Pipelines that scan must not suppress what they find. */
const allowedScopes: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ['read'],
  triage: ['read', 'triage'],
  scan: ['read', 'scan'],
  admin: ['read', 'triage', 'scan', 'admin'],
};

/** A route, reduced to what decides on access. */
export type AccessTarget = Pick<Route, 'scope' | 'method' | 'renderError' | 'checksRepositories'>;

/** Whether a request is allowed, and its token. */
export interface AccessDecision {
  /** The name of the token or of the person, for the log; undefined without a known one. */
  readonly token?: string;
  /** The scope of an allowed request; undefined if the server needs no credentials. */
  readonly scope?: Scope;
  /** The repositories to which the token is limited. */
  readonly repositories?: RepositoryLimit;
  /** The response to a request that is not allowed, and the reason for the log. */
  readonly refusal?: { readonly response: ApiResponse; readonly reason: string };
}

/** Decides which requests are allowed. */
export interface Access {
  /** Whether all requests are allowed without a token. */
  readonly isOpen: boolean;
  /**
   * Decides on a request by its `Authorization` header. Without a route, every known token suffices. `headers` are those of a request over
   * HTTP, which may have the cookie of a session.
   */
  authorize(
    authorization: string | undefined,
    route: AccessTarget | undefined,
    headers?: IncomingHttpHeaders,
  ): AccessDecision;
}

/** The rights of a client, by a token or by the identity that a provider states. */
export interface Grant {
  /** For the log. */
  readonly name: string;
  readonly scope: Scope;
  /** Undefined if it is not limited. */
  readonly repositories: RepositoryLimit | undefined;
  /** When it ends, in milliseconds since 1970; infinite if it does not expire. */
  readonly expiresAt: number;
}

/** The tokens of a configuration. */
export interface ConfiguredTokens {
  readonly count: number;
  /** Whether one of them is limited to repositories. */
  readonly isLimited: boolean;
  /** Returns the grant of a token, which may have expired, and the SHA-256 of the token in hexadecimal. */
  find(token: string): (Grant & { readonly sum: string }) | undefined;
  /** Returns the grant of the token with this SHA-256 in hexadecimal. */
  findBySum(sum: string): Grant | undefined;
}

/**
 * Parses the entries of `api.tokens`. An entry holds the hash of a token, not the token: `scan:`, the SHA-256 in hexadecimal, and optionally
 * `:`, a name for the log, `:`, the last day in UTC on which the token is valid, `:` and patterns of the repositories to which it is limited.
 * Throws `config-invalid` for a malformed entry and for two entries with one token.
 */
export function parseTokens(entries: readonly string[]): ConfiguredTokens {
  const tokens = entries.map(parseEntry);
  assertUniqueTokens(tokens);
  return {
    count: tokens.length,
    isLimited: tokens.some(({ repositories }) => repositories !== undefined),
    find(token) {
      const found = findToken(tokens, createHash('sha256').update(token).digest());
      return found === undefined ? undefined : { ...found, sum: found.sha256.toString('hex') };
    },
    findBySum: (sum) => findToken(tokens, Buffer.from(sum, 'hex')),
  };
}

/** Returns access by the tokens of entries. Throws `config-invalid` as `parseTokens` does. */
export function accessByTokens(entries: readonly string[], now: () => number = Date.now): Access {
  return tokenAccess(parseTokens(entries), now);
}

/**
 * Returns access by bearer tokens: authentication and scopes. Without tokens, all requests are allowed, as in Clair. `now` is in
 * milliseconds since 1970.
 */
export function tokenAccess(tokens: ConfiguredTokens, now: () => number = Date.now): Access {
  if (tokens.count === 0) return { isOpen: true, authorize: () => ({}) };
  return {
    isOpen: false,
    authorize(authorization, route) {
      const token = bearerTokenOf(authorization);
      const granted = token === undefined ? undefined : tokens.find(token);
      if (granted !== undefined) return decideByGrant(granted, route, now());
      return { refusal: unauthenticated(route, token === undefined ? 'no bearer token' : 'unknown token') };
    },
  };
}

/** Decides on a request of a client with a grant. `now` is in milliseconds since 1970. */
export function decideByGrant(
  { name, scope, repositories, expiresAt }: Grant,
  route: AccessTarget | undefined,
  now: number,
): AccessDecision {
  if (now >= expiresAt)
    return {
      token: name,
      refusal: unauthenticated(route, 'the token has expired', 'this token has expired'),
    };
  const missing = missingRight({ scope, repositories }, route);
  if (missing === undefined)
    return { token: name, scope, ...(repositories !== undefined && { repositories }) };
  const response = (route?.renderError ?? errorResponse)(
    403,
    `this token does not allow it: ${missing.text}`,
  );
  return { token: name, refusal: { response, reason: missing.reason } };
}

/** Returns the refusal of a request without known credentials. `reason` is for the log, `message` for the client. */
export function unauthenticated(
  route: AccessTarget | undefined,
  reason: string,
  message = 'a valid token is required',
): NonNullable<AccessDecision['refusal']> {
  const renderError = route?.renderError ?? errorResponse;
  return { response: renderError(401, message, { 'WWW-Authenticate': 'Bearer' }), reason };
}

const limited = 'it is limited to some repositories';

/** Returns why a token does not allow a route; undefined if it does. A limited token is refused by all routes that do not check its limit. */
function missingRight(
  { scope, repositories }: Pick<Grant, 'scope' | 'repositories'>,
  route: AccessTarget | undefined,
): { readonly text: string; readonly reason: string } | undefined {
  if (route === undefined) return undefined;
  const required = requiredScope(route);
  if (!allowedScopes[scope].includes(required))
    return { text: `${required} is required`, reason: `the scope ${required} is required` };
  if (repositories !== undefined && route.checksRepositories !== true)
    return { text: limited, reason: limited };
  return undefined;
}

interface ConfiguredToken extends Grant {
  readonly sha256: Buffer;
}

const entryForm =
  /^(read|triage|scan|admin):([\da-f]{64})(?::([\w.@-]{1,64})(?::((?:\d{4}-\d{2}-\d{2})?)(?::(.*))?)?)?$/i;

function parseEntry(entry: string): ConfiguredToken {
  const [, scope, sum = '', name, lastDay, patterns] = entryForm.exec(entry) ?? [];
  const expiresAt = lastDay === undefined || lastDay === '' ? Number.POSITIVE_INFINITY : endOfDay(lastDay);
  const repositories = patterns === undefined ? undefined : RepositoryLimit.parse(patterns);
  const isLimitValid = patterns === undefined ? lastDay !== '' : repositories !== undefined;
  // The message omits the entry, which could be a token that was configured by mistake.
  if (scope === undefined || Number.isNaN(expiresAt) || !isLimitValid)
    throw new ClairError(
      'config-invalid',
      'api.tokens must have entries of the form scope:hash, scope:hash:name, scope:hash:name:day or scope:hash:name:day:repositories, with the ' +
        'scope read, triage, scan or admin, the SHA-256 of a token in hexadecimal, a last day such as 2027-01-31 or nothing, and patterns of ' +
        'repositories such as registry.example/shop/**; clair config token creates one',
    );
  const lower = scope.toLowerCase() as Scope;
  const shownName = name ?? `${lower}:${sum.slice(0, 8)}`;
  return { scope: lower, sha256: Buffer.from(sum, 'hex'), name: shownName, expiresAt, repositories };
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
function findToken(tokens: readonly ConfiguredToken[], sha256: Buffer): ConfiguredToken | undefined {
  if (sha256.length !== 32) return undefined;
  return tokens.filter((candidate) => timingSafeEqual(candidate.sha256, sha256))[0];
}

/** Returns the scope that a token needs for a route. */
export function requiredScope({ scope, method }: Pick<Route, 'scope' | 'method'>): Scope {
  return scope ?? (method === 'GET' ? 'read' : 'admin');
}
