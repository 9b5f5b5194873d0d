import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MemoryRegistry } from './memory-registry.ts';
import type { SociLayer } from './soci-layers.ts';
import type { TableLayer } from './table-layers.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const sociType = 'application/vnd.amazon.soci.index.v2+json';
const configType = 'application/vnd.oci.image.config.v1+json';

/** Puts an image of these layers, with their annotations and tables of contents, into a registry under the tag `latest`. */
export function pushTableImage(
  registry: MemoryRegistry,
  layers: readonly (TableLayer & Partial<Pick<SociLayer, 'ztoc'>>)[],
): void {
  const soci = layers.some(({ ztoc }) => ztoc !== undefined) ? pushSociIndex(registry, layers) : undefined;
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
      ...(soci !== undefined && { annotations: { 'com.amazon.soci.index-digest': soci } }),
    },
    manifestType,
    'latest',
  );
}

/** Puts a SOCI index of version 2 into a registry, and returns its digest. */
function pushSociIndex(
  registry: MemoryRegistry,
  layers: readonly (TableLayer & Partial<Pick<SociLayer, 'ztoc'>>)[],
): string {
  const tables = layers.flatMap(({ ztoc, digest }) => (ztoc === undefined ? [] : [{ ztoc, digest }]));
  const config = { mediaType: sociType, digest: registry.putBlob(Buffer.from('{}')), size: 2 };
  const index = {
    schemaVersion: 2,
    mediaType: manifestType,
    config,
    layers: tables.map(({ ztoc, digest }) => ({
      mediaType: 'application/octet-stream',
      digest: registry.putBlob(ztoc),
      size: ztoc.length,
      annotations: { 'com.amazon.soci.image-layer-digest': digest },
    })),
  };
  return registry.put(index, manifestType);
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
