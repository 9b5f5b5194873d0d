import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MemoryRegistry } from './memory-registry.ts';
import type { TableLayer } from './table-layers.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';

/** Puts an image of these layers, with their annotations, into a registry under the tag `latest`. */
export function pushTableImage(registry: MemoryRegistry, layers: readonly TableLayer[]): void {
  const config = {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
  };
  const text = Buffer.from(JSON.stringify(config));
  for (const { bytes } of layers) registry.putBlob(bytes);
  registry.put(
    {
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: configType, digest: registry.putBlob(text), size: text.length },
      layers: layers.map(({ mediaType, digest, bytes, annotations }) => ({
        mediaType,
        digest,
        size: bytes.length,
        annotations,
      })),
    },
    manifestType,
    'latest',
  );
}

/** Serves a range of a blob, if one was asked for. Returns whether it did. RFC 9110 §14.2 */
export function serveRange(
  registry: MemoryRegistry,
  { url = '', headers }: IncomingMessage,
  response: ServerResponse,
): boolean {
  const [, digest = ''] = /\/blobs\/(\S+)$/.exec(url) ?? [];
  const blob = registry.blobs.get(digest);
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  if (blob === undefined || first === undefined) return false;
  const end = last === '' ? blob.length : Number(last) + 1;
  const part = blob.subarray(Number(first), end);
  response.writeHead(206, {
    'content-length': part.length,
    'content-range': `bytes ${first}-${end - 1}/${blob.length}`,
  });
  response.end(part);
  return true;
}
