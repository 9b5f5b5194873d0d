import * as z from 'zod/mini';
import { parseSigningKey, verifiedClaims } from '../../../kit/json-web-token.ts';
import { type Access, unauthenticated } from '../access.ts';

/** The settings of tokens that clients of Clair v4 sign with a shared key (`auth.psk` there). */
export interface PskSettings {
  /** The key, base64. Empty: no such tokens. */
  readonly key: string;
  /** Issuers whose tokens are accepted. */
  readonly issuers: readonly string[];
}

/**
 * Returns access for JSON Web Tokens that a shared key has signed, besides the access by other tokens. As in Clair v4, such a token allows
 * everything. Without a key, returns `others`. Throws `config-invalid` for a key that is not base64.
 */
export function accessWithPsk(settings: PskSettings, others: Access, now: () => number): Access {
  if (settings.key === '') return others;
  const key = parseSigningKey('api.v4.pskkey', settings.key);
  const issuers = new Set([...settings.issuers, issuerOfClair]);
  return {
    isOpen: false,
    authorize(authorization, route, headers) {
      const other = others.isOpen ? {} : others.authorize(authorization, route, headers);
      if (other.token !== undefined) return other;
      const [, token] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
      const issuer = token === undefined ? undefined : verifiedIssuer(token, key, now() / 1000);
      if (issuer !== undefined && issuers.has(issuer)) return { token: `jwt:${issuer}`, scope: 'admin' };
      return { refusal: unauthenticated(route, token === undefined ? 'no bearer token' : 'unknown token') };
    },
  };
}

/** The issuer that processes of Clair v4 use among themselves. */
const issuerOfClair = 'clair-intraservice';

/** Seconds by which clocks may differ, as in Clair. */
const leewaySeconds = 15;

const time = z.optional(z.number());
const claimsSchema = z.object({ iss: z.string(), exp: z.number(), nbf: time, iat: time });

/** Returns the issuer of a token; undefined if its signature or its times are wrong. RFC 7519 §4.1. */
function verifiedIssuer(token: string, key: Buffer, seconds: number): string | undefined {
  const { data: claims } = z.safeParse(claimsSchema, verifiedClaims(token, key));
  return claims !== undefined && isCurrent(claims, seconds) ? claims.iss : undefined;
}

function isCurrent({ exp, nbf = 0, iat = 0 }: z.output<typeof claimsSchema>, seconds: number): boolean {
  return exp + leewaySeconds > seconds && Math.max(nbf, iat) - leewaySeconds <= seconds;
}
