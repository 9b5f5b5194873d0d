import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { directoryPlace } from '../advisory-db/directory-place.ts';
import type { Catalogue, CatalogueShard } from '../advisory-db/documents.ts';
import { readShard } from '../advisory-db/fetch-shard.ts';
import { findDatabase } from '../advisory-db/layout.ts';
import { type CatalogueSigner, LayoutWriter } from '../advisory-db/layout-writer.ts';
import type { Digest } from '../model/digest.ts';
import { serveHttp } from './http-server.ts';

/** Publishes files as the shards of namespaces, with patches from the version before. Their content need not be that of a shard. */
export async function publishFiles(
  directory: string,
  files: Readonly<Record<string, Buffer>>,
  sign?: CatalogueSigner,
): Promise<Catalogue & { readonly manifest: Digest }> {
  const before = findDatabase(directory);
  const writer = new LayoutWriter(directory);
  const shards: Record<string, CatalogueShard> = {};
  for (const [name, bytes] of Object.entries(files)) {
    const earlier = before?.catalogue.shards[name];
    const patch =
      earlier &&
      (await writer.addPatch(bytes, await readShard(directoryPlace(directory), earlier), bytes.length));
    shards[name] = {
      scheme: 'dpkg',
      digest: digestOf(bytes),
      size: bytes.length,
      content: digestOf(bytes),
      block: 1,
      records: 1,
      rows: 1,
      canaries: [],
      feeds: [],
      blob: await writer.addCompressed(bytes),
      patches: earlier !== undefined && patch !== undefined ? { [earlier.digest]: patch } : {},
    };
  }
  const catalogue: Catalogue = {
    version: (before?.catalogue.version ?? 0) + 1,
    before: before?.digest ?? null,
    built: '2026-11-27T06:00:00.000Z',
    keys: { dpkg: 1 },
    ratings: [],
    shards,
  };
  return { ...catalogue, manifest: await writer.publish(catalogue, sign) };
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** Returns bytes that cannot be compressed, and that are the same in each run. */
export function incompressibleBytes(length: number, seed: string): Buffer {
  const parts = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`${seed} ${i}`).digest(),
  );
  return Buffer.concat(parts).subarray(0, length);
}

/** A request to a `LayoutServer`. */
export interface LayoutRequest {
  /** `index.json`, or `blobs/sha256/…`. */
  readonly path: string;
  readonly range: string | undefined;
  /** Status and number of bytes of the response; 0 if the server of the test answered by `intercept`. */
  readonly status: number;
  readonly bytes: number;
}

/** A web server with a published database. */
export interface LayoutServer {
  readonly url: string;
  readonly requests: LayoutRequest[];
  /** Answers instead of the server if it returns true. `content` is the file. */
  intercept: (request: IncomingMessage, response: ServerResponse, content: Buffer) => boolean;
}

/** Serves the files of a directory until the end of the test, with `ETag` and ranges as static hosts do. */
export async function serveLayout(context: TestContext, directory: string): Promise<LayoutServer> {
  const server: Omit<LayoutServer, 'url'> = { requests: [], intercept: () => false };
  return Object.assign(server, { url: await serveHttp(context, layoutListener(directory, server)) });
}

/** Returns what answers the requests of a `LayoutServer`. */
export function layoutListener(directory: string, server: Omit<LayoutServer, 'url'>): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').slice(1);
    const { range } = request.headers;
    const file = join(directory, path);
    const content = existsSync(file) ? readFileSync(file) : undefined;
    const note = (status: number, bytes: number): void => {
      server.requests.push({ path, range, status, bytes });
    };
    if (server.intercept(request, response, content ?? Buffer.alloc(0))) note(0, 0);
    else if (content === undefined) {
      note(404, 0);
      response.writeHead(404).end();
    } else respond(request, response, content, note);
  };
}

function respond(
  { headers }: IncomingMessage,
  response: ServerResponse,
  content: Buffer,
  note: (status: number, bytes: number) => void,
): void {
  const etag = `"${digestOf(content)}"`;
  const [, first] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
  const isKnown = headers['if-none-match'] === etag;
  const status = isKnown ? 304 : first === undefined ? 200 : 206;
  const body = isKnown ? Buffer.alloc(0) : content.subarray(Number(first ?? 0));
  note(status, body.length);
  response.writeHead(status, {
    etag,
    ...(!isKnown && { 'content-length': body.length }),
    ...(first !== undefined && { 'content-range': `bytes ${first}-${content.length - 1}/${content.length}` }),
  });
  response.end(body);
}
