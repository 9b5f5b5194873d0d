import { createPublicKey, type KeyObject } from 'node:crypto';
import { ClairError } from '../../core/errors.ts';
import { sha256Of } from '../../kit/sha256.ts';
import type { PublicKeyEntry } from './trust-documents.ts';

/** The schemes of The Update Framework for keys on curves, by the name of the curve in Node. */
const curveSchemes: Readonly<Record<string, string>> = {
  prime256v1: 'ecdsa-sha2-nistp256',
  secp384r1: 'ecdsa-sha2-nistp384',
};

/** Returns the entry of a key in a root document. Throws `config-invalid` for a kind of key that clients do not accept. */
export function publicKeyEntry(key: KeyObject): PublicKeyEntry {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') {
    const { x = '' } = publicHalf(key).export({ format: 'jwk' });
    return entryOf('ed25519', 'ed25519', Buffer.from(x, 'base64url').toString('hex'));
  }
  const pem = publicHalf(key).export({ format: 'pem', type: 'spki' }).toString();
  const scheme = type === 'ec' ? curveSchemes[details?.namedCurve ?? ''] : undefined;
  if (scheme !== undefined) return entryOf('ecdsa', scheme, pem);
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= rsaBitsMin)
    return entryOf('rsa', 'rsassa-pss-sha256', pem);
  throw new ClairError(
    'config-invalid',
    `a ${type ?? 'secret'} key cannot sign a published database: use Ed25519, ECDSA with P-256 or P-384, or RSA with at least ${rsaBitsMin} bits`,
  );
}

const rsaBitsMin = 2048;

function publicHalf(key: KeyObject): KeyObject {
  return key.type === 'public' ? key : createPublicKey(key);
}

function entryOf(keytype: string, scheme: string, value: string): PublicKeyEntry {
  return { keytype, keyval: { public: value }, scheme };
}

/** Returns the id of a key: the SHA-256 of its entry in canonical JSON (The Update Framework 1.0, §4.2). */
export function keyIdOf({ keytype, keyval, scheme }: PublicKeyEntry): string {
  // Canonical JSON escapes only quotes and backslashes, which keys do not contain.
  return sha256Of(`{"keytype":"${keytype}","keyval":{"public":"${keyval.public}"},"scheme":"${scheme}"}`);
}
