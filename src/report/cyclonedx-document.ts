import { type Digest, digestAlgorithm, digestHex } from '../model/digest.ts';
import { tool } from './tool.ts';

/** The media type of CycloneDX 1.6 (ECMA-424). */
export const cyclonedxType = 'application/vnd.cyclonedx+json; version=1.6';

/** What every document begins with. */
export function cyclonedxHead(uuid: string): object {
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
  };
}

/** What wrote the document. */
export const cyclonedxTools: object = { components: [{ type: 'application', ...tool }] };

/** The hashes of what has a digest, or perhaps none. */
export function hashesOf(digest: Digest | null): object[] | undefined {
  if (digest === null) return undefined;
  const alg = digestAlgorithm(digest) === 'sha256' ? 'SHA-256' : 'SHA-512';
  return [{ alg, content: digestHex(digest) }];
}
