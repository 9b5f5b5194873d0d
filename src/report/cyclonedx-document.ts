import { type Digest, digestAlgorithm, digestHex } from '../model/digest.ts';
import { type PackageHash, packageHashParts } from '../model/package-hash.ts';
import { tool } from './report-text.ts';

/** Media type of CycloneDX 1.6 (ECMA-424) in JSON. */
export const cyclonedxType = 'application/vnd.cyclonedx+json; version=1.6';

/** Returns the first fields of every CycloneDX document. */
export function cyclonedxHead(uuid: string): object {
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
  };
}

/** `metadata.tools`: this scanner and its version. */
export const cyclonedxTools: object = { components: [{ type: 'application', ...tool }] };

/** Returns a digest as CycloneDX hashes; undefined without a digest. */
export function hashesOf(digest: Digest | null): object[] | undefined {
  if (digest === null) return undefined;
  const alg = digestAlgorithm(digest) === 'sha256' ? 'SHA-256' : 'SHA-512';
  return [{ alg, content: digestHex(digest) }];
}

/** Returns a hash of a package as CycloneDX writes it: `SHA-512`. */
export function packageHashIn(hash: PackageHash): object {
  const { algorithm, hex } = packageHashParts(hash);
  return { alg: algorithm.replace('sha', 'SHA-'), content: hex };
}
