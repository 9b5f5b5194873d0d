import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { type Digest, digestAlgorithm, digestHex, parseDigest } from '../../model/digest.ts';
import { isIndex } from '../format/choose-manifest.ts';
import { type Descriptor, parseDocument, verifyDigest } from '../format/documents.ts';
import type { FetchedManifest } from '../format/fetched-image.ts';
import type { LayerRange } from '../partial/range-plan.ts';
import { type RegistryClient, type RegistryResponse, readResponseBody } from './registry-client.ts';

/** The manifest or index that a tag means. */
export type FoundTag = Pick<FetchedManifest, 'digest' | 'mediaType'>;

/** Media types of supported manifests, and of unsupported ones that get a specific error. */
const acceptedTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
];

const anyManifest = z.object({ mediaType: z.nullish(z.string()), schemaVersion: z.nullish(z.number()) });

/** A repository in its registry and in mirrors. OCI distribution-spec, "Pulling". */
export class RepositoryClient {
  readonly #clients: readonly RegistryClient[];
  /** The name as the user wrote it: `registry.example/app`. */
  readonly name: string;

  /** Tries `clients` in their order, until one has the requested content. */
  constructor(name: string, clients: readonly RegistryClient[]) {
    this.name = name;
    this.#clients = clients;
  }

  /** Fetches a manifest by tag or digest, and verifies the digest. */
  async fetchManifest(reference: string): Promise<FetchedManifest> {
    const found = await this.fetchManifestIfChanged(reference, undefined);
    if (found === 'unchanged') throw new Error('a request without a condition has a manifest');
    return found;
  }

  /** Fetches a manifest as `fetchManifest`, unless the registry answers that it is still the known one. RFC 9110 §13.1.2 */
  async fetchManifestIfChanged(
    reference: string,
    known: Digest | undefined,
  ): Promise<FetchedManifest | 'unchanged'> {
    return await this.#tryEach((client) => requestManifest(client, reference, known));
  }

  /**
   * Asks the registry itself what a tag means, by the headers of its manifest. Returns undefined if the tag does not exist, and `unchanged`
   * if it is still the known digest.
   */
  async findTag(tag: string, known: Digest | undefined): Promise<FoundTag | 'unchanged' | undefined> {
    const client = this.#clients.at(-1);
    if (client === undefined) throw new Error('a repository has a registry');
    try {
      const found = await requestTag(client, tag, known);
      return found !== 'unchanged' && found.digest === known ? 'unchanged' : found;
    } catch (error) {
      if (error instanceof ClairError && error.code === 'target-not-found') return undefined;
      throw error;
    }
  }

  /** Fetches a small blob, or takes the content embedded in its descriptor. */
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

  /** Fetches a blob from an offset on, if the registry supports ranges. */
  async fetchBlob(digest: Digest, from: number, signal?: AbortSignal): Promise<RegistryResponse> {
    return await this.#tryEach((client) => requestBlob(client, digest, { from, ...(signal && { signal }) }));
  }

  /** Asks for the headers of a blob. Throws `target-not-found` if the repository does not have it. */
  async checkBlob(digest: Digest, signal: AbortSignal): Promise<void> {
    await this.#tryEach(async (client) => {
      const endpointLabel = endpointLabelOf('blob', client, digest);
      const response = await client.fetch({
        path: `blobs/${digest}`,
        endpointLabel,
        headers: {},
        signal,
        isHead: true,
      });
      await readResponseBody(response, { max: 0, what: endpointLabel });
    });
  }

  /** Fetches a part of a blob. A registry that does not support ranges sends it whole: status 200. */
  async fetchBlobRange(digest: Digest, { offset, end }: LayerRange): Promise<RegistryResponse> {
    return await this.#tryEach((client) => requestBlob(client, digest, { from: offset, before: end }));
  }

  /**
   * Fetches the index of a manifest's referrers. Returns undefined if the registry does not have the referrers API. OCI distribution-spec,
   * "Listing Referrers".
   */
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

  /** Returns the first successful result of the clients. Puts each failure of a mirror before the failure of the registry itself. */
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
    const { limit, retryAfterMs } = last;
    throw new ClairError(last.code, message, { cause: last, limit, retryAfterMs });
  }
}

async function requestManifest(
  client: RegistryClient,
  reference: string,
  known: Digest | undefined,
): Promise<FetchedManifest | 'unchanged'> {
  const endpointLabel = endpointLabelOf('manifest', client, reference);
  const headers = {
    accept: acceptedTypes.join(', '),
    ...(known !== undefined && { 'if-none-match': `"${known}"` }),
  };
  const response = await client.fetch({ path: `manifests/${reference}`, endpointLabel, headers });
  const bytes = await readResponseBody(response, { max: limits.manifestBytes, what: endpointLabel });
  if (response.status === 304) return 'unchanged';
  const digest = digestOf(bytes, response, { endpointLabel, expected: parseDigest(reference) });
  return { bytes, digest, mediaType: typeOf(bytes, response, endpointLabel) };
}

/** Requests the headers of a manifest. A registry that states no digest there is asked for the manifest. */
async function requestTag(
  client: RegistryClient,
  tag: string,
  known: Digest | undefined,
): Promise<FoundTag | 'unchanged'> {
  const endpointLabel = endpointLabelOf('manifest', client, tag);
  const headers = {
    accept: acceptedTypes.join(', '),
    ...(known !== undefined && { 'if-none-match': `"${known}"` }),
  };
  const response = await client.fetch({ path: `manifests/${tag}`, endpointLabel, headers, isHead: true });
  await readResponseBody(response, { max: 0, what: endpointLabel });
  if (response.status === 304) return 'unchanged';
  const stated = response.headers['docker-content-digest'];
  const digest = typeof stated === 'string' ? parseDigest(stated) : undefined;
  if (digest !== undefined)
    return { digest, mediaType: response.headers['content-type']?.split(';', 1)[0]?.trim() ?? '' };
  const fetched = await requestManifest(client, tag, undefined);
  if (fetched === 'unchanged') throw new Error('a request without a condition has a manifest');
  return fetched;
}

interface BlobRange {
  readonly from?: number;
  /** Offset behind the last byte; the end of the blob if absent. */
  readonly before?: number;
  readonly signal?: AbortSignal;
}

/** Requests a blob without transport compression, which would change its digest. */
async function requestBlob(
  client: RegistryClient,
  digest: Digest,
  { from = 0, before, signal }: BlobRange = {},
): Promise<RegistryResponse> {
  const isRange = from > 0 || before !== undefined;
  const last = before === undefined ? '' : String(before - 1);
  return await client.fetch({
    path: `blobs/${digest}`,
    endpointLabel: endpointLabelOf('blob', client, digest),
    headers: { 'accept-encoding': 'identity', ...(isRange && { range: `bytes=${from}-${last}` }) },
    signal,
    // A part is small, and its connection is used again.
    isBulk: before === undefined,
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

/** Returns the digest of a manifest. Throws if it is not the requested one or not the one in `Docker-Content-Digest`. */
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
      `${endpointLabel} returned another manifest: ${actual} instead of ${claim}`,
    );
  }
  return claims.find((claim) => claim !== undefined) ?? (`sha256:${hashOf(bytes, 'sha256')}` as Digest);
}

function hashOf(bytes: Buffer, algorithm: string): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** Returns the media type in the manifest, or else in the header. Throws if the two differ. */
function typeOf(bytes: Buffer, { headers }: RegistryResponse, endpointLabel: string): string {
  const contentType = (headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
  if (contentType === 'text/html')
    throw new ClairError('target-corrupt', `${endpointLabel} returned a web page: there is no registry`);
  const { mediaType, schemaVersion } = peek(bytes, endpointLabel);
  if (schemaVersion === 1) return 'application/vnd.docker.distribution.manifest.v1+json';
  if (
    mediaType &&
    isIndex({ mediaType }) !== isIndex({ mediaType: contentType }) &&
    acceptedTypes.includes(contentType)
  )
    throw new ClairError(
      'target-corrupt',
      `${endpointLabel} returned it as ${contentType}, but its own media type is ${mediaType}: clients differ in which one they use`,
    );
  return mediaType || contentType;
}

/** Parses only the fields that identify the document. The rest is validated once its type is known. */
function peek(bytes: Buffer, endpointLabel: string): z.infer<typeof anyManifest> {
  try {
    return parseDocument(bytes, `the response of ${endpointLabel}`, anyManifest);
  } catch {
    return {};
  }
}
