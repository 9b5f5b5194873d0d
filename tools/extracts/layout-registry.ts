import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';

/** A registry of OCI layouts on this machine, which counts requests. */
export interface LayoutRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** Requests so far. */
  readonly counts: { manifests: number; blobs: number };
  close(): void;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
}

/** Starts a registry that has each layout of a directory as a repository with the tag `latest`. */
export async function layoutRegistry(directory: string): Promise<LayoutRegistry> {
  const counts = { manifests: 0, blobs: 0 };
  const server = createServer(({ url = '' }, response) => {
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/([\w.-]+)\/(manifests|blobs)\/([\w.:-]+)$/.exec(url) ?? [];
    if (kind === 'manifests') counts.manifests++;
    if (kind === 'blobs') counts.blobs++;
    respond(join(directory, name), kind, reference, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    host: `127.0.0.1:${port}`,
    counts,
    close: () => {
      server.closeAllConnections();
    },
  };
}

function respond(layout: string, kind: string, reference: string, response: ServerResponse): void {
  if (kind === '') {
    response.writeHead(200).end('{}');
    return;
  }
  const found = kind === 'manifests' ? manifestOf(layout, reference) : undefined;
  const digest = found?.digest ?? reference;
  const path = join(layout, 'blobs', digest.replace(':', '/'));
  if (!/^sha256:[0-9a-f]{64}$/.test(digest) || !existsSync(path)) {
    response.writeHead(404).end('{}');
    return;
  }
  response.setHeader('docker-content-digest', digest);
  response.setHeader('content-type', found?.mediaType ?? 'application/octet-stream');
  createReadStream(path).pipe(response);
}

/** Returns the manifest of a tag or digest. */
function manifestOf(layout: string, reference: string): Descriptor | undefined {
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  if (reference === 'latest') return index.manifests[0];
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  return index.manifests.find(({ digest }) => digest === reference) ?? { mediaType, digest: reference };
}
