import { ClairError } from '../core/errors.ts';
import type { Digest } from '../model/digest.ts';
import type { BlobReference } from './documents.ts';

/** A place that has a published database: a directory, a web server, or a repository of a registry. */
export interface DatabasePlace {
  /** The place in messages and as a key, without credentials. */
  readonly name: string;
  /** Whether it is a directory of this machine. Only such a place may have a database without signatures. */
  readonly isLocal: boolean;
  /**
   * Reads the current manifest, or the one with a digest. The caller verifies the digest. Throws `feed-unavailable` if the place cannot be
   * reached or has no such manifest, and `feed-corrupt` if it is damaged.
   */
  readManifest(request: ManifestRequest): Promise<PlaceManifest | 'unchanged'>;
  /** Returns where a blob is, for messages. */
  locate(digest: Digest): string;
  /** Reads a blob. The caller verifies size and digest. Throws as `readManifest`, and `BrokenDownload` if the connection broke. */
  readBlob(reference: BlobReference, options?: BlobOptions): Promise<Buffer>;
}

/** A request for a manifest. */
export interface ManifestRequest {
  /** The manifest to read; the current one if absent. */
  readonly digest?: Digest | undefined;
  /** The manifest that the caller has. If it is still the current one, the answer is `unchanged`. */
  readonly known?: Omit<PlaceManifest, 'bytes'> | undefined;
}

/** A manifest of a place. */
export interface PlaceManifest {
  readonly bytes: Buffer;
  readonly digest: Digest;
  /** The validators of its HTTP response, for the next request; empty if there are none. */
  readonly fingerprint: string;
}

/** Options of reading a blob. */
export interface BlobOptions {
  /** The bytes at its start that an earlier, broken download received. */
  readonly received?: Buffer | undefined;
}

/** A download that broke, with the bytes that arrived before. */
export class BrokenDownload extends ClairError {
  readonly received: Buffer;

  constructor(message: string, received: Buffer, cause: unknown) {
    super('feed-unavailable', message, { cause });
    this.received = received;
  }
}

/** A place as a user names it. */
export type PlaceName =
  | { readonly kind: 'directory'; readonly path: string; readonly digest?: Digest | undefined }
  | { readonly kind: 'http'; readonly url: URL; readonly digest?: Digest | undefined }
  | { readonly kind: 'registry'; readonly reference: string; readonly digest?: Digest | undefined }
  | { readonly kind: 'vendors' };

/** Parses the name of a place: `DIR`, `https://…`, `registry:HOST/REPO[:TAG]`, each with `@sha256:…` or without, or `vendors`. Throws `usage`. */
export function parsePlace(text: string): PlaceName {
  if (text === 'vendors') return { kind: 'vendors' };
  const [, named = text, pinned] = /^(.+)@(sha256:[0-9a-f]{64})$/.exec(text) ?? [];
  const digest = pinned as Digest | undefined;
  if (named.startsWith('registry:'))
    return { kind: 'registry', reference: named.slice('registry:'.length), digest };
  if (/^https?:\/\//i.test(named)) return { kind: 'http', url: parsePlaceUrl(named), digest };
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(named))
    throw new ClairError(
      'usage',
      `--from names ${named}: name a directory, https://…, registry:HOST/REPOSITORY, or vendors`,
    );
  return { kind: 'directory', path: named, digest };
}

function parsePlaceUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.search !== '' || url.hash !== '')
    throw new ClairError('usage', '--from names a URL that is not valid: write it as https://HOST/PATH');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}
