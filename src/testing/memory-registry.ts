import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { serveHttp } from './http-server.ts';
import { type BuiltImage, sha256 } from './image-builder.ts';

/** A manifest or an index, with the media type of the response. */
export interface StoredManifest {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A received request. */
export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** A registry of one repository, `app`, in memory. OCI distribution-spec, "Pulling". */
export interface MemoryRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly requests: RecordedRequest[];
  /** By tag and by digest. */
  readonly manifests: Map<string, StoredManifest>;
  readonly blobs: Map<string, Uint8Array>;
  /** By the digest that they refer to. */
  readonly referrers: Map<string, Uint8Array>;
  /** Responds instead of the registry if it returns true. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Adds an image by its digest and under a tag. */
  push(image: BuiltImage, tag?: string): void;
  /** Adds a document as a manifest; returns its digest. */
  put(document: object, type: string, tag?: string): string;
  putBlob(bytes: Uint8Array): string;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Starts a registry that lasts until the end of the test. */
export async function memoryRegistry(context: TestContext): Promise<MemoryRegistry> {
  const registry: Omit<MemoryRegistry, 'host'> = {
    requests: [],
    manifests: new Map(),
    blobs: new Map(),
    referrers: new Map(),
    intercept: () => false,
    push(image, tag = 'latest') {
      const stored = { type: manifestType, bytes: image.manifest.bytes };
      this.manifests.set(tag, stored).set(image.manifest.digest, stored);
      for (const { digest, bytes } of [...image.layers, image.config]) this.blobs.set(digest, bytes);
    },
    put(document, type, tag) {
      const stored = { type, bytes: Buffer.from(JSON.stringify(document)) };
      const digest = sha256(stored.bytes);
      this.manifests.set(digest, stored);
      if (tag !== undefined) this.manifests.set(tag, stored);
      return digest;
    },
    putBlob(bytes) {
      const digest = sha256(bytes);
      this.blobs.set(digest, bytes);
      return digest;
    },
  };
  const listener: RequestListener = (request, response) => {
    const { method = '', url = '', headers } = request;
    registry.requests.push({ method, url, headers });
    if (!registry.intercept(request, response)) respond(registry, url, response);
  };
  const address = await serveHttp(context, listener);
  return Object.assign(registry, { host: new URL(address).host });
}

function respond(registry: Omit<MemoryRegistry, 'host'>, url: string, response: ServerResponse): void {
  const [, kind = '', name = ''] = /^\/v2\/app\/(manifests|blobs|referrers)\/([^/?]+)$/.exec(url) ?? [];
  const stored = registry.manifests.get(name);
  const content = {
    manifests: stored?.bytes,
    blobs: registry.blobs.get(name),
    referrers: registry.referrers.get(name),
  }[kind];
  if (content === undefined) {
    respondWithError(response, 404, `${kind === 'blobs' ? 'BLOB' : 'MANIFEST'}_UNKNOWN`, `${name} unknown`);
    return;
  }
  const type = kind === 'manifests' ? (stored?.type ?? '') : 'application/octet-stream';
  response.writeHead(200, {
    'content-type': type,
    'content-length': content.length,
    ...(kind === 'manifests' && { 'docker-content-digest': sha256(content) }),
  });
  response.end(content);
}

/** Responds with an error in the form of the specification. */
export function respondWithError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}
