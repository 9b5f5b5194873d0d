import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { join } from 'node:path';

/** A registry of OCI layouts on this machine, which counts requests. */
export interface LayoutRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly port: number;
  /** Requests so far. */
  readonly counts: { manifests: number; blobs: number };
  /** Bytes of blobs that were sent so far. */
  readonly sent: { bytes: number };
  close(): void;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
}

/**
 * Starts a registry that has each layout of a directory as a repository with the tag `latest`. It serves ranges of blobs only if `servesRanges`
 * is true.
 */
export async function layoutRegistry(directory: string, servesRanges = false): Promise<LayoutRegistry> {
  const counts = { manifests: 0, blobs: 0 };
  const sent = { bytes: 0 };
  const server = createServer(({ url = '', headers }, response) => {
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/([\w.-]+)\/(manifests|blobs)\/([\w.:-]+)$/.exec(url) ?? [];
    if (kind === 'manifests') counts.manifests++;
    if (kind === 'blobs') counts.blobs++;
    const blob = findBlob(join(directory, name), kind, reference, response);
    if (blob === undefined) return;
    createReadStream(blob, servesRanges ? rangeOf(blob, headers, response) : {})
      .on('data', ({ length }) => {
        sent.bytes += length;
      })
      .pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    host: `127.0.0.1:${port}`,
    port,
    counts,
    sent,
    close: () => {
      server.closeAllConnections();
    },
  };
}

/** Returns the path of the answer, after its headers were set. Undefined if it was answered. */
function findBlob(
  layout: string,
  kind: string,
  reference: string,
  response: ServerResponse,
): string | undefined {
  if (kind === '') {
    response.writeHead(200).end('{}');
    return undefined;
  }
  const found = kind === 'manifests' ? manifestOf(layout, reference) : undefined;
  const digest = found?.digest ?? reference;
  const path = join(layout, 'blobs', digest.replace(':', '/'));
  if (!/^sha256:[0-9a-f]{64}$/.test(digest) || !existsSync(path)) {
    response.writeHead(404).end('{}');
    return undefined;
  }
  response.setHeader('docker-content-digest', digest);
  response.setHeader('content-type', found?.mediaType ?? 'application/octet-stream');
  return path;
}

/** Returns the requested range of a file, after the status and headers were set. */
function rangeOf(
  path: string,
  { range = '' }: IncomingHttpHeaders,
  response: ServerResponse,
): { start?: number; end?: number } {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined) return {};
  const [start, end] = [Number(first), Number(last)];
  response.statusCode = 206;
  response.setHeader('content-length', end + 1 - start);
  response.setHeader('content-range', `bytes ${start}-${end}/${statSync(path).size}`);
  return { start, end };
}

/** Returns the manifest of a tag or digest. */
function manifestOf(layout: string, reference: string): Descriptor | undefined {
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  if (reference === 'latest') return index.manifests[0];
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  return index.manifests.find(({ digest }) => digest === reference) ?? { mediaType, digest: reference };
}
