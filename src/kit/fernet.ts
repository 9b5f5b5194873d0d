import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/** The two halves of a key. */
export interface FernetKey {
  readonly signing: Buffer;
  readonly encryption: Buffer;
}

const version = 0x80;
const ivBytes = 16;
const headBytes = 1 + 8 + ivBytes;
const sumBytes = 32;
/** Maximum difference between the clocks of several machines. */
const clockSkewMs = 60_000;

/** Parses a key of 32 bytes in base64 of either alphabet or in hexadecimal. Undefined if it is invalid. */
export function parseFernetKey(text: string): FernetKey | undefined {
  const isHex = /^[\da-f]{64}$/i.test(text);
  if (!isHex && !/^[\w+/-]{43}=?$/.test(text)) return undefined;
  return halves(Buffer.from(text, isHex ? 'hex' : 'base64'));
}

/** Generates a random key. */
export function randomFernetKey(): FernetKey {
  return halves(randomBytes(32));
}

/** Derives the key for one purpose, so that what was sealed for another one cannot be opened. RFC 5869. */
export function deriveFernetKey({ signing, encryption }: FernetKey, purpose: string): FernetKey {
  const secret = Buffer.concat([signing, encryption]);
  return halves(Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), purpose, 32)));
}

/** Seals a message as a token of the Fernet specification. It is encrypted, authenticated and dated. */
export function sealFernet(
  message: string | Uint8Array,
  { signing, encryption }: FernetKey,
  now: Date,
  iv: Uint8Array = randomBytes(ivBytes),
): string {
  const cipher = createCipheriv('aes-128-cbc', encryption, iv);
  const seconds = Buffer.alloc(8);
  seconds.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 1000)));
  const signed = Buffer.concat([Buffer.of(version), seconds, iv, cipher.update(message), cipher.final()]);
  return urlSafe(Buffer.concat([signed, sumOf(signed, signing)]));
}

/** Opens a token and returns its message. Undefined if it has another key, is damaged, or is older than `ageMaxMs`. */
export function openFernet(
  token: string,
  { signing, encryption }: FernetKey,
  { now, ageMaxMs }: { readonly now: Date; readonly ageMaxMs: number },
): Buffer | undefined {
  if (token.length % 4 !== 0 || !/^[\w-]+={0,2}$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length < headBytes + 16 + sumBytes || bytes[0] !== version) return undefined;
  const signed = bytes.subarray(0, -sumBytes);
  if (!timingSafeEqual(bytes.subarray(-sumBytes), sumOf(signed, signing))) return undefined;
  const ageMs = now.getTime() - Number(signed.readBigUInt64BE(1)) * 1000;
  if (ageMs > ageMaxMs || ageMs < -clockSkewMs) return undefined;
  try {
    const decipher = createDecipheriv('aes-128-cbc', encryption, signed.subarray(9, headBytes));
    return Buffer.concat([decipher.update(signed.subarray(headBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function halves(bytes: Buffer): FernetKey {
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16, 32) };
}

function sumOf(bytes: Uint8Array, signing: Buffer): Buffer {
  return createHmac('sha256', signing).update(bytes).digest();
}

/** Base64 of the URL alphabet with padding, which Node omits. */
function urlSafe(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
