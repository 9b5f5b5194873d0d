import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { ClairError, messageOf } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { type Digest, digestAlgorithm, digestHex, parseDigest } from '../../model/digest.ts';
import { isIndex } from '../format/choose-manifest.ts';
import { type Descriptor, parseDocument, verified } from '../format/documents.ts';
import { type Arrival, type Courier, readAll } from './courier.ts';

/** A manifest or an index as a registry gave it. */
export interface FetchedManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly mediaType: string;
}

/** The types of manifests that are understood, and those of which it is at least known why they are not. */
const accepted = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
];

const anyManifest = z.object({ mediaType: z.nullish(z.string()), schemaVersion: z.nullish(z.number()) });

/** One repository, at its registry and at mirrors of that. OCI distribution-spec, "Pulling". */
export class Distribution {
  readonly #couriers: readonly Courier[];
  /** As the user names it: `registry.example/app`. */
  readonly name: string;

  /** The couriers are asked in their order: of each the next, where it has not what is asked for. */
  constructor(name: string, couriers: readonly Courier[]) {
    this.name = name;
    this.#couriers = couriers;
  }

  /** A manifest by its tag or its digest, which it is compared with. */
  async manifest(reference: string): Promise<FetchedManifest> {
    return await this.#first(async (courier) => {
      const step = stepOf('manifest', courier, reference);
      const headers = { accept: accepted.join(', ') };
      const arrival = await courier.fetch({ path: `manifests/${reference}`, step, headers });
      const bytes = await readAll(arrival, { max: limits.manifestBytes, what: step });
      const digest = digestOf(bytes, arrival, { step, asked: parseDigest(reference) });
      return { bytes, digest, mediaType: typeOf(bytes, arrival, step) };
    });
  }

  /** A small blob, or what of it its descriptor carries along. */
  async document(descriptor: Descriptor, max: number = limits.manifestBytes): Promise<Buffer> {
    const { digest, size, data } = descriptor;
    if (data) return verified(Buffer.from(data, 'base64'), digest);
    if (size !== undefined && size > max)
      throw new ClairError(
        'limit-exceeded',
        `the blob ${digest} of ${this.name} has ${size} bytes, more than ${max}`,
      );
    return await this.#first(async (courier) => {
      const arrival = await fetchBlob(courier, digest);
      return verified(await readAll(arrival, { max, what: stepOf('blob', courier, digest) }), digest);
    });
  }

  /** The bytes of a blob from a place on, where the registry can begin there. */
  async blob(digest: Digest, from: number, signal: AbortSignal): Promise<Arrival> {
    return await this.#first((courier) => fetchBlob(courier, digest, { from, signal }));
  }

  /** What says that it is about a manifest; none where the registry does not know of such. OCI distribution-spec, "Listing Referrers". */
  async referrers(digest: Digest): Promise<Buffer | undefined> {
    return await this.#first(async (courier) => {
      const step = stepOf('referrers', courier, digest);
      const headers = { accept: 'application/vnd.oci.image.index.v1+json' };
      try {
        const arrival = await courier.fetch({ path: `referrers/${digest}`, step, headers });
        return await readAll(arrival, { max: limits.manifestBytes, what: step });
      } catch (error) {
        if (error instanceof ClairError && error.code === 'target-not-found') return undefined;
        throw error;
      }
    });
  }

  /** What the first courier brings that brings anything; each failure of a mirror stands before that of the registry itself. */
  async #first<T>(ask: (courier: Courier) => Promise<T>): Promise<T> {
    const failures: ClairError[] = [];
    for (const courier of this.#couriers) {
      try {
        return await ask(courier);
      } catch (error) {
        if (!(error instanceof ClairError)) throw error;
        failures.push(error);
      }
    }
    const last = failures.at(-1);
    if (last === undefined) throw new Error('a repository has an endpoint');
    const words = failures.map(messageOf).join('; ');
    throw new ClairError(last.code, words, { cause: last, limit: last.limit });
  }
}

interface BlobPart {
  readonly from?: number;
  readonly signal?: AbortSignal;
}

/** Blobs are asked for as they are: compressed on the way they would have another digest. */
async function fetchBlob(
  courier: Courier,
  digest: Digest,
  { from = 0, signal }: BlobPart = {},
): Promise<Arrival> {
  return await courier.fetch({
    path: `blobs/${digest}`,
    step: stepOf('blob', courier, digest),
    headers: { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) },
    signal,
    isBulk: true,
  });
}

function stepOf(
  what: string,
  { endpoint: { registry, repository, isMirror } }: Courier,
  which: string,
): string {
  return `the ${what} endpoint of ${isMirror ? 'the mirror ' : ''}${registry}/${repository} for ${which}`;
}

interface Claimed {
  readonly step: string;
  readonly asked: Digest | undefined;
}

/** The digest of a manifest: the one that was asked for, or what it is; `Docker-Content-Digest` must not say otherwise. */
function digestOf(bytes: Buffer, { headers }: Arrival, { step, asked }: Claimed): Digest {
  const told = headers['docker-content-digest'];
  const claims = [asked, typeof told === 'string' ? parseDigest(told) : undefined];
  for (const claim of claims) {
    if (claim === undefined || hashOf(bytes, digestAlgorithm(claim)) === digestHex(claim)) continue;
    const actual = `sha256:${hashOf(bytes, 'sha256')}`;
    throw new ClairError('target-corrupt', `${step} gave another manifest, ${actual} in place of ${claim}`);
  }
  return claims.find((claim) => claim !== undefined) ?? (`sha256:${hashOf(bytes, 'sha256')}` as Digest);
}

function hashOf(bytes: Buffer, algorithm: string): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** What a manifest says that it is counts more than what the registry says of it. */
function typeOf(bytes: Buffer, { headers }: Arrival, step: string): string {
  const told = (headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';
  if (told === 'text/html')
    throw new ClairError('target-corrupt', `a web page came from ${step}: no registry answers there`);
  const { mediaType, schemaVersion } = peek(bytes, step);
  if (schemaVersion === 1) return 'application/vnd.docker.distribution.manifest.v1+json';
  if (mediaType && isIndex({ mediaType }) !== isIndex({ mediaType: told }) && accepted.includes(told))
    throw new ClairError(
      'target-corrupt',
      `${step} gave it as ${told}, and it says that it is ${mediaType}: clients differ in which of the two they take it for`,
    );
  return mediaType || told;
}

/** What else is in it is checked when it is known what it is. */
function peek(bytes: Buffer, step: string): z.infer<typeof anyManifest> {
  try {
    return parseDocument(bytes, `the answer of ${step}`, anyManifest);
  } catch {
    return {};
  }
}
