import { createHash, timingSafeEqual } from 'node:crypto';
import { ClairError } from '../../kit/errors.ts';
import { type ApiAnswer, faultAnswer, type Route, type Scope } from './exchange.ts';

/** Each allows what those before it allow. */
const scopes: readonly Scope[] = ['read', 'scan', 'admin'];

/** What may need a token. */
export type Allowable = Pick<Route, 'scope' | 'method' | 'faultWords'>;

/** Who may do what. */
export interface Access {
  /** The answer to a request that is not allowed; nothing where it is. Without a route, any token will do. */
  refusal(authorization: string | undefined, route: Allowable | undefined): ApiAnswer | undefined;
}

/**
 * Access for those who know one of the tokens. Only sums of tokens are written down and kept: `scan:` and the SHA-256 of the token in
 * hexadecimal. Without any, everybody may do everything, as in Clair. Throws `config-invalid`.
 */
export function accessByTokens(entries: readonly string[]): Access {
  const known = entries.map(parseEntry);
  if (known.length === 0) return { refusal: () => undefined };
  return {
    refusal(authorization, route) {
      const tell = route?.faultWords ?? faultAnswer;
      const allowed = allowedBy(known, authorization);
      if (allowed === undefined)
        return tell(401, 'a valid token is required', { 'WWW-Authenticate': 'Bearer' });
      const needed = route === undefined ? 'read' : scopeOf(route);
      if (scopes.indexOf(allowed) >= scopes.indexOf(needed)) return undefined;
      return tell(403, `this token does not allow it: ${needed} is required`);
    },
  };
}

interface KnownToken {
  readonly scope: Scope;
  readonly sum: Buffer;
}

function parseEntry(entry: string): KnownToken {
  const [, scope, sum = ''] = /^(read|scan|admin):([\da-f]{64})$/i.exec(entry) ?? [];
  // The entry is not told: it could be a token that was written down by mistake.
  if (scope === undefined)
    throw new ClairError(
      'config-invalid',
      'api.tokens takes read:, scan: or admin: and the SHA-256 of a token in hexadecimal, as sha256sum prints it',
    );
  return { scope: scope.toLowerCase() as Scope, sum: Buffer.from(sum, 'hex') };
}

/** Looks at every known token, so that the time it takes tells nothing. */
function allowedBy(known: readonly KnownToken[], authorization: string | undefined): Scope | undefined {
  const token = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return undefined;
  const sum = createHash('sha256').update(token).digest();
  return known
    .filter((candidate) => timingSafeEqual(candidate.sum, sum))
    .map(({ scope }) => scope)
    .sort((a, b) => scopes.indexOf(b) - scopes.indexOf(a))[0];
}

/** What a token has to allow for a route. */
export function scopeOf({ scope, method }: Pick<Route, 'scope' | 'method'>): Scope {
  return scope ?? (method === 'GET' ? 'read' : 'admin');
}
