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
      if (token === undefined) return { refusal: unauthenticated(route, 'no bearer token') };
      const { issuer, reason } = verifyToken(token, { key, issuers, seconds: now() / 1000 });
      if (issuer !== undefined) return { token: `jwt:${issuer}`, scope: 'admin' };
      return { refusal: unauthenticated(route, token.includes('.') ? reason : 'unknown token') };
    },
  };
}

/** The issuer that processes of Clair v4 use among themselves. */
const issuerOfClair = 'clair-intraservice';

/** Seconds by which clocks may differ, as in Clair. */
const leewaySeconds = 15;

const time = z.optional(z.number());
const claimsSchema = z.object({ iss: z.string(), exp: z.number(), nbf: time, iat: time });

interface Verification {
  readonly key: Buffer;
  readonly issuers: ReadonlySet<string>;
  readonly seconds: number;
}

/** The issuer of a token, or why it is refused. */
type VerifiedToken =
  | { readonly issuer: string; readonly reason?: never }
  | { readonly issuer?: never; readonly reason: string };

/** Checks the signature of a token, then its times and its issuer. RFC 7519 §4.1. The reason is for the log, not for the client. */
function verifyToken(token: string, { key, issuers, seconds }: Verification): VerifiedToken {
  const signed = verifiedClaims(token, key);
  if (signed === undefined) return { reason: 'token not signed with api.v4.pskkey' };
  const { data: claims } = z.safeParse(claimsSchema, signed);
  if (claims === undefined) return { reason: 'token without issuer or expiry' };
  const { iss: issuer, exp, nbf = 0, iat = 0 } = claims;
  if (exp + leewaySeconds <= seconds) return { reason: `token expired ${Math.round(seconds - exp)} s ago` };
  if (Math.max(nbf, iat) - leewaySeconds > seconds)
    return { reason: 'token not valid yet: compare the clocks' };
  return issuers.has(issuer) ? { issuer } : { reason: 'issuer of the token not in api.v4.pskissuers' };
}
