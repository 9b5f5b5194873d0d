import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import * as z from 'zod/mini';
import { ClairError, messageOf } from '../core/errors.ts';
import { limits } from '../core/limits.ts';

/** A signed payload. DSSE, "Envelope". */
export const dsseEnvelope = z.object({
  payload: z.string(),
  payloadType: z.string(),
  signatures: z.array(z.object({ sig: z.string() })),
});

const keyTypes: ReadonlySet<string | undefined> = new Set(['ec', 'ed25519', 'rsa']);

/** Parses a public key in PEM, as `cosign generate-key-pair` writes it. `name` is for messages. Throws `config-invalid`. */
export function parsePublicKey(name: string, pem: Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (error) {
    throw new ClairError('config-invalid', `${name} is not a public key in PEM: ${messageOf(error)}`);
  }
  if (keyTypes.has(key.asymmetricKeyType)) return key;
  throw new ClairError(
    'config-invalid',
    `${name} is a key of the type ${key.asymmetricKeyType}: use ECDSA, Ed25519 or RSA`,
  );
}

/** Returns the id of a public key: the SHA-256 of its DER form, `sha256:…`. RFC 5280, "SubjectPublicKeyInfo". */
export function publicKeyId(key: KeyObject): string {
  return `sha256:${createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`;
}

/**
 * Returns the payload of an envelope if the key has signed it, with SHA-256 unless the key is of Ed25519. Undefined otherwise. DSSE,
 * "Signature Definition".
 */
export function verifiedPayload(
  { payload, payloadType, signatures }: z.infer<typeof dsseEnvelope>,
  key: KeyObject,
): Buffer | undefined {
  const body = Buffer.from(payload, 'base64');
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} `),
    body,
  ]);
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const isSigned = signatures
    .slice(0, limits.attestationSignatures)
    .some(({ sig }) => verify(hash, signed, key, Buffer.from(sig, 'base64')));
  return isSigned ? body : undefined;
}
