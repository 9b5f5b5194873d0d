import { createHash, timingSafeEqual } from 'node:crypto';
import { ClairError } from '../../kit/errors.ts';
import { type ApiAnswer, faultAnswer, type Route, type Scope } from './exchange.ts';

/** Each allows what those before it allow. */
const scopes: readonly Scope[] = ['read', 'scan', 'admin'];

/** What may need a token. */
export type Allowable = Pick<Route, 'scope' | 'method' | 'faultWords'>;

/** Whether a request is allowed, and who made it. */
export interface Verdict {
  /** The name of the token, for the log; undefined if no known token came. */
  readonly token?: string;
  /** The answer to a request that is not allowed, and why, for the log. */
  readonly refusal?: { readonly answer: ApiAnswer; readonly reason: string };
}

/** Who may do what. */
export interface Access {
  /** Whether everything is allowed without a token. */
  readonly isOpen: boolean;
  /** Judges a request by its `Authorization` header. Without a route, any token will do. */
  check(authorization: string | undefined, route: Allowable | undefined): Verdict;
}

/**
 * Access for those who know one of the tokens. Only sums of tokens are written down and kept: `scan:`, the SHA-256 of the token in
 * hexadecimal, and optionally `:` and a name for the log. Without any, everybody may do everything, as in Clair. Throws
 * `config-invalid`.
 */
export function accessByTokens(entries: readonly string[]): Access {
  const known = entries.map(parseEntry);
  if (known.length === 0) return { isOpen: true, check: () => ({}) };
  refuseSameToken(known);
  return {
    isOpen: false,
    check(authorization, route) {
      const answerOf = route?.faultWords ?? faultAnswer;
      const token = bearerIn(authorization);
      const allowed = token === undefined ? undefined : knownToken(known, token);
      if (allowed === undefined) {
        const answer = answerOf(401, 'a valid token is required', { 'WWW-Authenticate': 'Bearer' });
        return { refusal: { answer, reason: token === undefined ? 'no bearer token' : 'unknown token' } };
      }
      const needed = route === undefined ? 'read' : scopeOf(route);
      if (scopes.indexOf(allowed.scope) >= scopes.indexOf(needed)) return { token: allowed.name };
      const answer = answerOf(403, `this token does not allow it: ${needed} is required`);
      return { token: allowed.name, refusal: { answer, reason: `the scope ${needed} is required` } };
    },
  };
}

interface KnownToken {
  readonly scope: Scope;
  readonly sum: Buffer;
  readonly name: string;
}

function parseEntry(entry: string): KnownToken {
  const [, scope, sum = '', name] =
    /^(read|scan|admin):([\da-f]{64})(?::([\w.@-]{1,64}))?$/i.exec(entry) ?? [];
  // The entry is not repeated: it could be a token that was written down by mistake.
  if (scope === undefined)
    throw new ClairError(
      'config-invalid',
      'api.tokens takes read:, scan: or admin: and the SHA-256 of a token in hexadecimal, optionally followed by : and a name; ' +
        'clair config token makes one',
    );
  const lower = scope.toLowerCase() as Scope;
  return { scope: lower, sum: Buffer.from(sum, 'hex'), name: name ?? `${lower}:${sum.slice(0, 8)}` };
}

/** With two scopes for one token, the wider one would count unnoticed. */
function refuseSameToken(known: readonly KnownToken[]): void {
  for (const tokens of Map.groupBy(known, ({ sum }) => sum.toString('hex')).values())
    if (tokens.length > 1)
      throw new ClairError(
        'config-invalid',
        `api.tokens has one token ${tokens.length} times (${tokens.map(({ name }) => name).join(', ')}): remove all but one`,
      );
}

function bearerIn(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
}

/** Looks at every known token, so that the time it takes tells nothing. */
function knownToken(known: readonly KnownToken[], token: string): KnownToken | undefined {
  const sum = createHash('sha256').update(token).digest();
  return known.filter((candidate) => timingSafeEqual(candidate.sum, sum))[0];
}

/** What a token has to allow for a route. */
export function scopeOf({ scope, method }: Pick<Route, 'scope' | 'method'>): Scope {
  return scope ?? (method === 'GET' ? 'read' : 'admin');
}
