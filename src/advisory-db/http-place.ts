import { isIPv4 } from 'node:net';
import { ClairError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { readAllBytes } from '../kit/bytes/bytes.ts';
import { toDownloadError } from '../kit/http/download-error.ts';
import { displayUrl } from '../kit/http/http-client.ts';
import { type DownloadProgress, type HttpFile, httpGet } from '../kit/http/http-get.ts';
import { HttpError } from '../kit/http/http-rules.ts';
import { withMinimumThroughput } from '../kit/http/minimum-throughput.ts';
import type { HttpRetryOptions } from '../kit/http/retry-policy.ts';
import { type Digest, digestHex } from '../model/digest.ts';
import type { BlobReference } from './documents.ts';
import { downloadBlob } from './download-blob.ts';
import { damaged, parseIndex } from './manifest.ts';
import type { BlobOptions, DatabasePlace, ManifestRequest, PlaceManifest } from './place.ts';

/** Options of `HttpPlace`. Tests replace `sleep` and `idleMs`. */
export interface HttpPlaceOptions extends Pick<HttpRetryOptions, 'sleep'> {
  /** Hosts (`HOST` or `HOST:PORT`) that may use plain HTTP, besides those of this machine. */
  readonly insecureHosts: ReadonlySet<string>;
  readonly idleMs?: number;
  /** Loads certificates before the first connection that verifies one, because that takes a tenth of a second. */
  readonly prepareTls?: () => void;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** A published database on a web server, which serves the files of its layout. */
export class HttpPlace implements DatabasePlace {
  readonly name: string;
  readonly isLocal = false;
  readonly #base: URL;
  readonly #options: HttpPlaceOptions;

  /** `base` ends with a slash. Throws `usage` if it uses plain HTTP and its host is not listed. */
  constructor(base: URL, options: HttpPlaceOptions) {
    this.#base = base;
    this.#options = options;
    this.name = displayUrl(base.href);
    if (isEncrypted(base, options.insecureHosts)) return;
    throw new ClairError(
      'usage',
      `--from names ${this.name}, which is not encrypted: use https, or list ${base.host} in CLAIR_REGISTRY_INSECURE`,
    );
  }

  async readManifest({ digest, known }: ManifestRequest): Promise<PlaceManifest | 'unchanged'> {
    if (digest !== undefined) return { bytes: await this.#readSmall(digest), digest, fingerprint: '' };
    const url = new URL('index.json', this.#base);
    const file = await this.#get(url, conditionsOf(known?.fingerprint));
    if (file === 'not-modified') return 'unchanged';
    const reference = parseIndex(displayUrl(url.href), await this.#bytesOf(url, file, limits.catalogueBytes));
    if (reference.digest === known?.digest) return 'unchanged';
    return {
      bytes: await this.#readSmall(reference.digest),
      digest: reference.digest,
      fingerprint: `${file.headers.etag ?? ''}\n${file.headers['last-modified'] ?? ''}`,
    };
  }

  locate(digest: Digest): string {
    return displayUrl(this.#blobUrl(digest).href);
  }

  async readBlob(reference: BlobReference, options: BlobOptions = {}): Promise<Buffer> {
    const url = this.#blobUrl(reference.digest);
    const location = this.locate(reference.digest);
    const open = async (from: number): Promise<HttpFile> =>
      this.#file(url, await this.#get(url, from > 0 ? { range: `bytes=${from}-` } : {}));
    return await downloadBlob({ reference, location, open }, options);
  }

  async #readSmall(digest: Digest): Promise<Buffer> {
    const url = this.#blobUrl(digest);
    return await this.#bytesOf(url, this.#file(url, await this.#get(url, {})), limits.manifestBytes);
  }

  async #bytesOf(url: URL, { body }: HttpFile, bytesMax: number): Promise<Buffer> {
    const location = displayUrl(url.href);
    try {
      return await readAllBytes(body, bytesMax, () =>
        damaged(location, `it has more than ${bytesMax} bytes`),
      );
    } catch (error) {
      throw toDownloadError(url.href, error);
    }
  }

  /** Throws `feed-unavailable` for an unexpected 304, which has no content. */
  #file(url: URL, file: HttpFile | 'not-modified'): HttpFile {
    if (file !== 'not-modified') return file;
    throw toDownloadError(url.href, new HttpError('HTTP 304 to a request without a condition'));
  }

  async #get(url: URL, headers: Record<string, string>): Promise<HttpFile | 'not-modified'> {
    const { insecureHosts, idleMs = limits.idleMs, onProgress, prepareTls, sleep } = this.#options;
    try {
      const file = await httpGet(url.href, {
        headers: { 'user-agent': 'clair', 'accept-encoding': 'identity', ...headers },
        connectMs: limits.connectMs,
        idleMs,
        attempts: limits.placeAttempts,
        pauseMsMax: limits.placePauseMs,
        connect: (target) => {
          if (!isEncrypted(target, insecureHosts))
            throw new HttpError('a redirect to plain HTTP is not followed');
          if (target.protocol === 'https:') prepareTls?.();
          return {};
        },
        ...(sleep !== undefined && { sleep }),
        ...(onProgress !== undefined && { onProgress }),
      });
      if (file === 'not-found') throw new HttpError('HTTP 404');
      return file === 'not-modified' ? file : { ...file, body: withMinimumThroughput(file.body, idleMs) };
    } catch (error) {
      throw toDownloadError(url.href, error);
    }
  }

  #blobUrl(digest: Digest): URL {
    return new URL(`blobs/sha256/${digestHex(digest)}`, this.#base);
  }
}

/** Whether a connection is encrypted, or need not be: to this machine, or to a listed host. */
function isEncrypted({ protocol, hostname, host }: URL, insecureHosts: ReadonlySet<string>): boolean {
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
  return protocol === 'https:' || isLoopback || insecureHosts.has(host);
}

/** Returns the conditional request headers (RFC 9110 §13.1). */
function conditionsOf(fingerprint = ''): Record<string, string> {
  const [etag, lastModified] = fingerprint.split('\n');
  return {
    ...(etag && { 'if-none-match': etag }),
    ...(lastModified && { 'if-modified-since': lastModified }),
  };
}
