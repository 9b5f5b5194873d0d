import { createHash, timingSafeEqual } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { type ApiResponse, errorResponse, type Route, type Scope } from './route.ts';

/** Each allows what those before it allow. */
const scopesAscending: readonly Scope[] = ['read', 'scan', 'admin'];

/** What may need a token. */
export type AccessTarget = Pick<Route, 'scope' | 'method' | 'renderError'>;

/** Whether a request is allowed, and who made it. */
export interface AccessDecision {
  /** The name of the token, for the log; undefined if no known token came. */
  readonly token?: string;
  /** The answer to a request that is not allowed, and why, for the log. */
  readonly refusal?: { readonly response: ApiResponse; readonly reason: string };
}

/** Who may do what. */
export interface Access {
  /** Whether everything is allowed without a token. */
  readonly isOpen: boolean;
  /** Judges a request by its `Authorization` header. Without a route, any token will do. */
  authorize(authorization: string | undefined, route: AccessTarget | undefined): AccessDecision;
}

/**
 * Access for those who know one of the tokens. Only sums of tokens are written down and kept: `scan:`, the SHA-256 of the token in
 * hexadecimal, and optionally `:` and a name for the log. Without any, everybody may do everything, as in Clair. Throws
 * `config-invalid`.
 */
export function accessByTokens(entries: readonly string[]): Access {
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
}

function parseEntry(entry: string): ConfiguredToken {
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
  return { scope: lower, sha256: Buffer.from(sum, 'hex'), name: name ?? `${lower}:${sum.slice(0, 8)}` };
}

/** With two scopes for one token, the wider one would count unnoticed. */
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

/** Looks at every known token, so that the time it takes tells nothing. */
function findToken(tokens: readonly ConfiguredToken[], token: string): ConfiguredToken | undefined {
  const hash = createHash('sha256').update(token).digest();
  return tokens.filter((candidate) => timingSafeEqual(candidate.sha256, hash))[0];
}

/** What a token has to allow for a route. */
export function requiredScope({ scope, method }: Pick<Route, 'scope' | 'method'>): Scope {
  return scope ?? (method === 'GET' ? 'read' : 'admin');
}
