import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ApiRequest } from '../route.ts';

/** Headers with an HMAC-SHA256 of the body, `sha256=` and hexadecimal digits. */
const signatureHeaders = ['x-hub-signature-256', 'x-signature-256'] as const;

/**
 * Returns whether a request knows the secret: by a signature of the body, by `Authorization` as it is, as a bearer token or as the password
 * of basic authentication, or by the parameter `secret` of the URL, for senders that cannot send a header.
 */
export function knowsSecret(
  { headers, query }: Pick<ApiRequest, 'headers' | 'query'>,
  body: Buffer,
  secret: string,
): boolean {
  const signatures = signatureHeaders.flatMap((name) => headers[name] ?? []);
  if (signatures.length > 0) {
    const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    return signatures.every((signature) => isSame(signature.toLowerCase(), expected));
  }
  const { authorization } = headers;
  if (authorization !== undefined) return secretsInHeader(authorization).some((text) => isSame(text, secret));
  return isSame(query.get('secret') ?? '', secret);
}

function secretsInHeader(header: string): string[] {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header) ?? [];
  if (scheme.toLowerCase() !== 'basic') return [header, value];
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return [pair.slice(pair.indexOf(':') + 1)];
}

/** Compares in constant time, whatever the lengths are. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
