import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type Digest, digestAlgorithm, digestHex, parseDigest } from '../../model/digest.ts';
import { isIndex } from '../format/choose-manifest.ts';
import { type Descriptor, parseDocument, verifyDigest } from '../format/documents.ts';
import { type RegistryClient, type RegistryResponse, readResponseBody } from './registry-client.ts';

/** A manifest or an index as a registry gave it. */
export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly mediaType: string;
}

/** The types of manifests that are understood, and those of which it is at least known why they are not. */
const acceptedTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
];

const anyManifest = z.object({ mediaType: z.nullish(z.string()), schemaVersion: z.nullish(z.number()) });

/** One repository, at its registry and at mirrors of that. OCI distribution-spec, "Pulling". */
export class RepositoryClient {
  readonly #clients: readonly RegistryClient[];
  /** As the user names it: `registry.example/app`. */
  readonly name: string;

  /** The couriers are asked in their order: of each the next, where it has not what is asked for. */
  constructor(name: string, clients: readonly RegistryClient[]) {
    this.name = name;
    this.#clients = clients;
  }

  /** A manifest by its tag or its digest, which it is compared with. */
  async fetchManifest(reference: string): Promise<FetchedManifest> {
    return await this.#tryEach(async (client) => {
      const endpointLabel = endpointLabelOf('manifest', client, reference);
      const headers = { accept: acceptedTypes.join(', ') };
      const response = await client.fetch({ path: `manifests/${reference}`, endpointLabel, headers });
      const bytes = await readResponseBody(response, { max: limits.manifestBytes, what: endpointLabel });
      const digest = digestOf(bytes, response, { endpointLabel, expected: parseDigest(reference) });
      return { bytes, digest, mediaType: typeOf(bytes, response, endpointLabel) };
    });
  }

  /** A small blob, or what of it its descriptor carries along. */
  async fetchDocument(descriptor: Descriptor, max: number = limits.manifestBytes): Promise<Buffer> {
    const { digest, size, data } = descriptor;
    if (data) return verifyDigest(Buffer.from(data, 'base64'), digest);
    if (size !== undefined && size > max)
      throw new ClairError(
        'limit-exceeded',
        `the blob ${digest} of ${this.name} has ${size} bytes, more than ${max}`,
      );
    return await this.#tryEach(async (client) => {
      const response = await requestBlob(client, digest);
      return verifyDigest(
        await readResponseBody(response, { max, what: endpointLabelOf('blob', client, digest) }),
        digest,
      );
    });
  }

  /** The bytes of a blob from a place on, where the registry can begin there. */
  async fetchBlob(digest: Digest, from: number, signal: AbortSignal): Promise<RegistryResponse> {
    return await this.#tryEach((client) => requestBlob(client, digest, { from, signal }));
  }

  /** What says that it is about a manifest; none where the registry does not know of such. OCI distribution-spec, "Listing Referrers". */
  async fetchReferrers(digest: Digest): Promise<Buffer | undefined> {
    return await this.#tryEach(async (client) => {
      const endpointLabel = endpointLabelOf('referrers', client, digest);
      const headers = { accept: 'application/vnd.oci.image.index.v1+json' };
      try {
        const response = await client.fetch({ path: `referrers/${digest}`, endpointLabel, headers });
        return await readResponseBody(response, { max: limits.manifestBytes, what: endpointLabel });
      } catch (error) {
        if (error instanceof ClairError && error.code === 'target-not-found') return undefined;
        throw error;
      }
    });
  }

  /** What the first courier brings that brings anything; each failure of a mirror stands before that of the registry itself. */
  async #tryEach<T>(request: (client: RegistryClient) => Promise<T>): Promise<T> {
    const failures: ClairError[] = [];
    for (const client of this.#clients) {
      try {
        return await request(client);
      } catch (error) {
        if (!(error instanceof ClairError)) throw error;
        failures.push(error);
      }
    }
    const last = failures.at(-1);
    if (last === undefined) throw new Error('a repository has an endpoint');
    const message = failures.map(messageOf).join('; ');
    throw new ClairError(last.code, message, { cause: last, limit: last.limit });
  }
}

interface BlobRange {
  readonly from?: number;
  readonly signal?: AbortSignal;
}

/** Blobs are asked for as they are: compressed on the way they would have another digest. */
async function requestBlob(
  client: RegistryClient,
  digest: Digest,
  { from = 0, signal }: BlobRange = {},
): Promise<RegistryResponse> {
  return await client.fetch({
    path: `blobs/${digest}`,
    endpointLabel: endpointLabelOf('blob', client, digest),
    headers: { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) },
    signal,
    isBulk: true,
  });
}

function endpointLabelOf(
  what: string,
  { endpoint: { registry, repository, isMirror } }: RegistryClient,
  which: string,
): string {
  return `the ${what} endpoint of ${isMirror ? 'the mirror ' : ''}${registry}/${repository} for ${which}`;
}

interface ManifestClaim {
  readonly endpointLabel: string;
  readonly expected: Digest | undefined;
}

/** The digest of a manifest: the one that was asked for, or what it is; `Docker-Content-Digest` must not say otherwise. */
function digestOf(
  bytes: Buffer,
  { headers }: RegistryResponse,
  { endpointLabel, expected }: ManifestClaim,
): Digest {
  const header = headers['docker-content-digest'];
  const claims = [expected, typeof header === 'string' ? parseDigest(header) : undefined];
  for (const claim of claims) {
    if (claim === undefined || hashOf(bytes, digestAlgorithm(claim)) === digestHex(claim)) continue;
    const actual = `sha256:${hashOf(bytes, 'sha256')}`;
    throw new ClairError(
      'target-corrupt',
      `${endpointLabel} gave another manifest, ${actual} in place of ${claim}`,
    );
  }
  return claims.find((claim) => claim !== undefined) ?? (`sha256:${hashOf(bytes, 'sha256')}` as Digest);
}

function hashOf(bytes: Buffer, algorithm: string): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** What a manifest says that it is counts more than what the registry says of it. */
function typeOf(bytes: Buffer, { headers }: RegistryResponse, endpointLabel: string): string {
  const contentType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
  if (contentType === 'text/html')
    throw new ClairError(
      'target-corrupt',
      `a web page came from ${endpointLabel}: no registry answers there`,
    );
  const { mediaType, schemaVersion } = peek(bytes, endpointLabel);
  if (schemaVersion === 1) return 'application/vnd.docker.distribution.manifest.v1+json';
  if (
    mediaType &&
    isIndex({ mediaType }) !== isIndex({ mediaType: contentType }) &&
    acceptedTypes.includes(contentType)
  )
    throw new ClairError(
      'target-corrupt',
      `${endpointLabel} gave it as ${contentType}, and it says that it is ${mediaType}: clients differ in which of the two they take it for`,
    );
  return mediaType || contentType;
}

/** What else is in it is checked when it is known what it is. */
function peek(bytes: Buffer, endpointLabel: string): z.infer<typeof anyManifest> {
  try {
    return parseDocument(bytes, `the answer of ${endpointLabel}`, anyManifest);
  } catch {
    return {};
  }
}
