import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';
import { ClairError } from '../core/errors.ts';

/** The hashes of the algorithms. RFC 7518 §3.2. */
const hashes: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

const headerSchema = z.object({ alg: z.string(), crit: z.optional(z.never()) });

/** A shorter key can be found by trying. RFC 7518 §3.2 demands 32 bytes, which not all keys of Clair 4 have. */
const keyBytesMin = 16;

/** Parses a shared key in base64 of either alphabet. `setting` names it in the message. Throws `config-invalid`. */
export function parseSigningKey(setting: string, text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (/^[\w+/-]+={0,2}$/.test(text) && key.length >= keyBytesMin) return key;
  throw new ClairError(
    'config-invalid',
    `${setting} must be a key of ${keyBytesMin} bytes or more in base64: make one with openssl rand -base64 32`,
  );
}

/** Returns a token with claims, signed by HMAC with SHA-256. RFC 7515 §5.1. */
export function signToken(claims: object, key: Buffer): string {
  const signed = [{ alg: 'HS256' }, claims].map((part) => encodePart(JSON.stringify(part))).join('.');
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

/** Returns the claims of a token that a key has signed. Undefined if the signature is wrong or the token is malformed. RFC 7515 §5.2. */
export function verifiedClaims(token: string, key: Buffer): unknown {
  const [header, payload, signature, ...more] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
    return undefined;
  const { data } = z.safeParse(headerSchema, decodePart(header));
  const hash = hashes[data?.alg ?? ''];
  if (hash === undefined) return undefined;
  const expected = createHmac(hash, key).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return decodePart(payload);
}

function encodePart(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function decodePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}
