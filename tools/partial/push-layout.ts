import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
}

/** A manifest, or an index of manifests. */
interface Document {
  readonly manifests?: readonly Descriptor[];
}

/**
 * Pushes the image of an OCI layout to a repository as `latest`, with all that its index names. skopeo cannot push an index whose entries have types of artifacts. Throws
 * if the registry refuses anything.
 */
export async function pushLayout(layout: string, repository: string): Promise<void> {
  const blobs = join(layout, 'blobs/sha256');
  for (const name of readdirSync(blobs)) await pushBlob(readFileSync(join(blobs, name)), name, repository);
  const { manifests = [] } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as Document;
  for (const entry of manifests) await pushManifest(entry, 'latest', { blobs, repository });
}

async function pushBlob(content: Buffer, name: string, repository: string): Promise<void> {
  const started = await send(`${repository}/blobs/uploads/`, { method: 'POST' });
  const place = new URL(started.headers.get('location') ?? '', repository);
  place.searchParams.set('digest', `sha256:${name}`);
  const headers = { 'content-type': 'application/octet-stream' };
  await send(place.href, { method: 'PUT', headers, body: Uint8Array.from(content) });
}

/** Pushes the manifests of an index before the index. */
async function pushManifest(
  { mediaType, digest }: Descriptor,
  reference: string,
  to: { readonly blobs: string; readonly repository: string },
): Promise<void> {
  const text = readFileSync(join(to.blobs, digest.slice('sha256:'.length)), 'utf8');
  const { manifests = [] } = JSON.parse(text) as Document;
  for (const entry of manifests) await pushManifest(entry, entry.digest, to);
  const url = `${to.repository}/manifests/${reference}`;
  await send(url, { method: 'PUT', headers: { 'content-type': mediaType }, body: text });
}

async function send(url: string, request: RequestInit): Promise<Response> {
  const response = await fetch(url, request);
  if (!response.ok)
    throw new Error(`${request.method ?? ''} ${url}: ${response.status} ${await response.text()}`);
  return response;
}
