import type { ImageInput } from './inputs.ts';
import type { AttachedDocument } from './oci-writer.ts';

/** Facts that the provenance of an image states. */
export interface ProvenanceFacts {
  readonly name: string;
  readonly digest: string;
  readonly platform: string;
  readonly version: string;
  /** The commit of the checkout. Undefined for a checkout with changes. */
  readonly revision: string | undefined;
  readonly inputs: readonly ImageInput[];
}

/** Returns the unsigned SLSA provenance of an image, without the time of the build. <https://slsa.dev/spec/v1.0/provenance> */
export function provenanceOf(facts: ProvenanceFacts): AttachedDocument {
  const { name, digest, platform, version, revision, inputs } = facts;
  const source = revision === undefined ? [] : [{ name: 'source', digest: { gitCommit: revision } }];
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { sha256: digest.replace('sha256:', '') } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:clair-ts:image:1',
        externalParameters: { platform, version },
        resolvedDependencies: [
          ...source,
          ...inputs.map((one) => ({ name: one.name, uri: one.purl, digest: digestOf(one) })),
        ],
      },
      runDetails: { builder: { id: 'urn:clair-ts:tools/image' } },
    },
  };
  return { mediaType: 'application/vnd.in-toto+json', content: Buffer.from(JSON.stringify(statement)) };
}

function digestOf({ digest: { sha256, sha512 } }: ImageInput): Record<string, string> {
  return { ...(sha256 !== undefined && { sha256 }), ...(sha512 !== undefined && { sha512 }) };
}
