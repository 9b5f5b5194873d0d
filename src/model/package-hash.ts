/** Number of hexadecimal digits of the hashes of each algorithm. */
const digitsOf = { sha1: 40, sha256: 64, sha384: 96, sha512: 128 } as const;

/** An algorithm of hashes of packages. */
export type PackageHashAlgorithm = keyof typeof digitsOf;

/** The hash of the archive of a package that its registry publishes: `sha512:` and lower-case hexadecimal digits. */
export type PackageHash = `${PackageHashAlgorithm}:${string}`;

/** The parts of a hash. */
export interface PackageHashParts {
  readonly algorithm: PackageHashAlgorithm;
  readonly hex: string;
}

/** Returns whether a text is a valid hash of a package. */
export function isPackageHash(text: string): text is PackageHash {
  const [algorithm = '', hex = '', ...rest] = text.split(':');
  return rest.length === 0 && packageHashOf(algorithm, hex) === text;
}

/** Returns the parts of a valid hash. */
export function packageHashParts(hash: PackageHash): PackageHashParts {
  const colon = hash.indexOf(':');
  return { algorithm: hash.slice(0, colon) as PackageHashAlgorithm, hex: hash.slice(colon + 1) };
}

/** Returns a hash of hexadecimal digits. Undefined if the algorithm is unknown, or the digits are not as many as it has. */
export function packageHashOf(algorithm: string, hex: string): PackageHash | undefined {
  if (!isAlgorithm(algorithm) || hex.length !== digitsOf[algorithm]) return undefined;
  return /^[\da-f]+$/i.test(hex) ? `${algorithm}:${hex.toLowerCase()}` : undefined;
}

/** Returns a hash in base64, as NuGet writes it. Undefined if it has not the length of the algorithm. */
export function hashOfBase64(algorithm: string, base64: string): PackageHash | undefined {
  return packageHashOf(algorithm, Buffer.from(base64, 'base64').toString('hex'));
}

/** Returns the hashes in a member that should have integrity metadata. Empty if it is missing or another value. */
export function hashesInMember(integrity: unknown): PackageHash[] {
  return typeof integrity === 'string' ? hashesOfIntegrity(integrity) : [];
}

/**
 * Returns the hashes in integrity metadata, sorted: `sha512-` and base64, several separated by blanks (W3C, "Subresource Integrity"). Of
 * several with one algorithm, only the first is returned. Those of other algorithms are left out. Base64 may have the characters of URLs.
 */
export function hashesOfIntegrity(text: string): PackageHash[] {
  const hashes = new Map<string, PackageHash>();
  for (const part of text.split(/\s/)) {
    const [, algorithm = '', base64 = ''] = /^(sha\d+)-([\w+/-]+=*)(?:\?|$)/.exec(part) ?? [];
    const hash = hashes.has(algorithm) ? undefined : hashOfBase64(algorithm, base64);
    if (hash !== undefined) hashes.set(algorithm, hash);
  }
  return [...hashes.values()].sort();
}

function isAlgorithm(text: string): text is PackageHashAlgorithm {
  return Object.hasOwn(digitsOf, text);
}
