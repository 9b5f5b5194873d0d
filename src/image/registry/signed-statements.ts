import type { KeyObject } from 'node:crypto';
import * as z from 'zod/mini';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { dsseEnvelope, verifiedPayload } from '../../kit/dsse.ts';
import { type Digest, digestAlgorithm, digestHex } from '../../model/digest.ts';
import { type Descriptor, parseDocument } from '../format/documents.ts';
import { cosignAttestationsOf, layersOf, referrersOf } from './referrers.ts';
import type { RepositoryClient } from './repository-client.ts';

/** A public key whose signature counts. */
export interface TrustedKey {
  /** See `publicKeyId`. */
  readonly id: string;
  readonly key: KeyObject;
}

/** A statement about an image, which a key has signed. */
export interface SignedStatement {
  /** Digest of its attestation. */
  readonly digest: Digest;
  /** Id of the key. */
  readonly signer: string;
  /** Name in messages. */
  readonly name: string;
  /** URI of the form of the predicate, as `https://openvex.dev/ns`. */
  readonly predicateType: string;
  /** The predicate as JSON. */
  readonly predicate: Buffer;
}

/** The statements that are attached to an image. */
export interface AttachedStatements {
  readonly signed: readonly SignedStatement[];
  /** Number of those that no key has signed, or that are about other images. */
  readonly refused: number;
}

/** A subject is identified by its digests. in-toto attestation, "Statement". */
const statementDocument = z.object({
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })),
  predicateType: z.string(),
  predicate: z.record(z.string(), z.unknown()),
});

/** A bundle, which cosign writes since version 3, and before as an option. Sigstore bundle format. */
const bundleDocument = z.object({ dsseEnvelope });

const envelopeType = 'application/vnd.dsse.envelope.v1+json';
const bundleType = /^application\/vnd\.dev\.sigstore\.bundle\b/;

/**
 * Fetches the attestations of an image that cosign has attached: as referrers, or under a tag. `digests` are those of its manifest and of
 * the indexes that lead to it. A statement counts if one of the keys has signed it and if it is about one of them. Throws `target-corrupt` if an
 * attestation is malformed, `limit-exceeded` if there are too many, and `registry-…`.
 */
export async function fetchSignedStatements(
  digests: readonly Digest[],
  repository: RepositoryClient,
  keys: readonly TrustedKey[],
): Promise<AttachedStatements> {
  const signed: SignedStatement[] = [];
  let count = 0;
  for (const digest of digests)
    for (const layer of await attestationsOf(digest, repository)) {
      if (++count > limits.attachedStatements)
        throw new ClairError(
          'limit-exceeded',
          `more than ${limits.attachedStatements} attestations are attached to ${repository.name}@${digest}`,
        );
      const statement = await readAttestation(layer, { digests, repository, keys });
      if (statement !== undefined) signed.push(statement);
    }
  return { signed, refused: count - signed.length };
}

async function attestationsOf(digest: Digest, repository: RepositoryClient): Promise<readonly Descriptor[]> {
  const ofReferrers: Descriptor[] = [];
  for (const { artifactType, digest: referrer } of await referrersOf(digest, repository))
    if (isSigned(artifactType)) ofReferrers.push(...(await layersOf(referrer, repository)));
  return [...ofReferrers, ...(await cosignAttestationsOf(digest, repository))].filter(({ mediaType }) =>
    isSigned(mediaType),
  );
}

function isSigned(type: string | undefined | null): boolean {
  return type === envelopeType || bundleType.test(type ?? '');
}

/** Returns the statement of an attestation. Undefined if no key has signed it, or if it is about other images. */
async function readAttestation(
  layer: Descriptor,
  {
    digests,
    repository,
    keys,
  }: {
    readonly digests: readonly Digest[];
    readonly repository: RepositoryClient;
    readonly keys: readonly TrustedKey[];
  },
): Promise<SignedStatement | undefined> {
  const name = `the attestation ${layer.digest} of ${repository.name}`;
  const bytes = await repository.fetchDocument(layer, limits.attachedStatementBytes);
  const envelope =
    layer.mediaType === envelopeType
      ? parseDocument(bytes, name, dsseEnvelope)
      : parseDocument(bytes, name, bundleDocument).dsseEnvelope;
  const verified = firstVerified(envelope, keys);
  if (verified === undefined) return undefined;
  const { payload, signer } = verified;
  const { subject, predicateType, predicate } = parseDocument(payload, name, statementDocument);
  const isAbout = subject.some((one) =>
    digests.some((digest) => one.digest[digestAlgorithm(digest)] === digestHex(digest)),
  );
  if (!isAbout) return undefined;
  return {
    digest: layer.digest,
    signer,
    name,
    predicateType,
    predicate: Buffer.from(JSON.stringify(predicate)),
  };
}

/** Returns the payload of an envelope, with the first key that has signed it. */
function firstVerified(
  envelope: z.infer<typeof dsseEnvelope>,
  keys: readonly TrustedKey[],
): { readonly payload: Buffer; readonly signer: string } | undefined {
  for (const { id, key } of keys) {
    const payload = verifiedPayload(envelope, key);
    if (payload !== undefined) return { payload, signer: id };
  }
  return undefined;
}

/** Predicates that may be VEX documents: OpenVEX and CycloneDX. */
const vexPredicate = /^https:\/\/(?:openvex\.dev\/ns|cyclonedx\.org\/)/;

/** Returns whether a statement may be a VEX document. */
export function mayBeVex({ predicateType }: Pick<SignedStatement, 'predicateType'>): boolean {
  return vexPredicate.test(predicateType);
}
