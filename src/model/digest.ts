declare const digestBrand: unique symbol;

/** An OCI content digest such as `sha256:9f86d0…`, of a blob as stored (digest) or of an uncompressed layer (diffID). */
export type Digest = string & { readonly [digestBrand]: true };

const form = /^sha256:[0-9a-f]{64}$|^sha512:[0-9a-f]{128}$/;

/** Parses a digest. Undefined if it is invalid. OCI image-spec, "Digests". sha256 and sha512 are the registered algorithms. */
export function parseDigest(text: string): Digest | undefined {
  return form.test(text) ? (text as Digest) : undefined;
}

/** Begins the name of a manifest. Clients of the v3 API name their images by digests, too, and get fewer packages. */
const manifestPrefix = 'v4/';

/** Returns the name under which the store has a manifest that a client of Clair's v4 API posted. */
export function manifestName(digest: Digest): string {
  return manifestPrefix + digest;
}

/** Returns the digest of the manifest with this name. Undefined if the name is not that of a manifest. */
export function manifestOfName(name: string): Digest | undefined {
  return name.startsWith(manifestPrefix) ? parseDigest(name.slice(manifestPrefix.length)) : undefined;
}

/** The algorithm of a digest, by its name in `node:crypto`. */
export function digestAlgorithm(digest: Digest): 'sha256' | 'sha512' {
  return digest.startsWith('sha256:') ? 'sha256' : 'sha512';
}

/** The hexadecimal part of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** Returns the first 12 characters of the hexadecimal part of a digest, as Docker prints them. */
export function shortHex(digest: string): string {
  const start = digest.indexOf(':') + 1;
  return digest.slice(start, start + 12);
}
