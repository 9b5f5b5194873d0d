import { createHash, timingSafeEqual } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { RepositoryLimit } from './repository-limit.ts';
import { type ApiResponse, errorResponse, type Route, type Scope } from './route.ts';

/** Each scope includes the scopes before it. */
const scopesAscending: readonly Scope[] = ['read', 'scan', 'admin'];

/** A route, reduced to what decides on access. */
export type AccessTarget = Pick<Route, 'scope' | 'method' | 'renderError' | 'checksRepositories'>;

/** Whether a request is allowed, and its token. */
export interface AccessDecision {
  /** The name of the token, for the log; undefined without a known token. */
  readonly token?: string;
  /** The repositories to which the token is limited. */
  readonly repositories?: RepositoryLimit;
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
 * hexadecimal, and optionally `:`, a name for the log, `:`, the last day in UTC on which the token is valid, `:` and patterns of the
 * repositories to which it is limited. Without entries, all requests are allowed, as in Clair. `now` is in milliseconds since 1970. Throws
 * `config-invalid` for a malformed entry and for two entries with one token.
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
      const missing = missingRight(granted, route);
      if (missing === undefined) {
        const { name, repositories } = granted;
        return { token: name, ...(repositories !== undefined && { repositories }) };
      }
      const response = renderError(403, `this token does not allow it: ${missing.text}`);
      return { token: granted.name, refusal: { response, reason: missing.reason } };
    },
  };
}

const limited = 'it is limited to some repositories';

/** Returns why a token does not allow a route; undefined if it does. A limited token is refused by all routes that do not check its limit. */
function missingRight(
  { scope, repositories }: ConfiguredToken,
  route: AccessTarget | undefined,
): { readonly text: string; readonly reason: string } | undefined {
  if (route === undefined) return undefined;
  const required = requiredScope(route);
  if (scopesAscending.indexOf(scope) < scopesAscending.indexOf(required))
    return { text: `${required} is required`, reason: `the scope ${required} is required` };
  if (repositories !== undefined && route.checksRepositories !== true)
    return { text: limited, reason: limited };
  return undefined;
}

interface ConfiguredToken {
  readonly scope: Scope;
  readonly sha256: Buffer;
  readonly name: string;
  /** The end of its last day, in milliseconds since 1970; infinite if it does not expire. */
  readonly expiresAt: number;
  /** Undefined if it is not limited. */
  readonly repositories: RepositoryLimit | undefined;
}

const dayMs = 24 * 60 * 60 * 1000;

const entryForm =
  /^(read|scan|admin):([\da-f]{64})(?::([\w.@-]{1,64})(?::((?:\d{4}-\d{2}-\d{2})?)(?::(.*))?)?)?$/i;

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
        'scope read, scan or admin, the SHA-256 of a token in hexadecimal, a last day such as 2027-01-31 or nothing, and patterns of ' +
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
function findToken(tokens: readonly ConfiguredToken[], token: string): ConfiguredToken | undefined {
  const hash = createHash('sha256').update(token).digest();
  return tokens.filter((candidate) => timingSafeEqual(candidate.sha256, hash))[0];
}

/** Returns the scope that a token needs for a route. */
export function requiredScope({ scope, method }: Pick<Route, 'scope' | 'method'>): Scope {
  return scope ?? (method === 'GET' ? 'read' : 'admin');
}
