import { hash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { documentCache } from '../api/http/encoded-document.ts';
import { ListLimiter } from '../api/http/list-limiter.ts';
import { type V4Deps, v4Router } from '../api/http/v4/router.ts';
import { ClairError } from '../core/errors.ts';
import { claimsOf } from '../image/posted/layer-source.ts';
import { SingleFlight } from '../kit/async/single-flight.ts';
import type { Extensions } from '../plugin/extensions.ts';
import { analyzeStream } from '../service/images/analyze-layers.ts';
import type { IngestAncestryDeps } from '../service/ingest/ingest-ancestry.ts';
import type { Store } from '../store/store.ts';
import { startApiServer } from './api-server.ts';
import { storeEngines } from './store-engines.ts';
import { tar } from './tar-writer.ts';

/** The digest of the manifests that `postOf` posts. */
export const v4Manifest: string = `sha256:${'a'.repeat(64)}`;

/** A server of the v4 API in a test. */
export interface V4TestServer {
  readonly store: Store;
  /** The URLs that were read, with the headers. */
  readonly reads: string[];
  readonly request: (path: string, init?: RequestInit) => Promise<Response>;
}

/** Options of `startV4Server`. */
export interface V4TestOptions extends Partial<Pick<V4Deps, 'notReadyStatus'>> {
  readonly extensions: Extensions;
}

/** Starts a server on a database in memory. It reads layers on this thread, from memory, by the paths of their URLs. */
export async function startV4Server(
  t: TestContext,
  contents: Readonly<Record<string, Uint8Array>>,
  { extensions, notReadyStatus = 202 }: V4TestOptions,
): Promise<V4TestServer> {
  const [engine] = storeEngines;
  if (engine === undefined) throw new Error('there is no engine');
  const store = await engine.create(t)();
  const reads: string[] = [];
  const read: IngestAncestryDeps['read'] = async (source, { links }) => {
    reads.push(`${source.path} ${JSON.stringify(source.headers)}`);
    const content = contents[new URL(source.path).pathname];
    if (content === undefined) throw new ClairError('layer-not-found', 'gone');
    async function* bytes() {
      yield Buffer.from(content ?? '');
    }
    const stream = { name: source.path, claims: claimsOf(source), bytes: bytes() };
    return await analyzeStream(stream, extensions, { verify: true, links });
  };
  const deps: V4Deps = {
    ingest: { extensions, store, read, ignoredListers: new Set<string>(), recordsUnread: true },
    pendingIngests: new SingleFlight<unknown>(),
    onIngested: () => undefined,
    matching: { extensions, store },
    listLimiter: new ListLimiter(),
    documents: documentCache(),
    filter: { severity: undefined, isFixable: false, namespaces: [] },
    feeds: extensions.sources.flatMap((source) => source.feeds.map((feed) => ({ source, feed }))),
    notReadyStatus,
    maxAgeSeconds: 60,
  };
  const { port } = await startApiServer(t, { routers: () => [v4Router(deps)], onError: () => undefined });
  return { store, reads, request: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init) };
}

/** A layer of Alpine 3.20 with one package, and one of Python. */
export const alpineLayerBytes: Uint8Array = gzipSync(
  tar([
    { path: 'etc/os-release', content: 'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n' },
    { path: 'lib/apk/db/installed', content: 'P:libssl3\nV:3.3.0-r1\nA:x86_64\no:openssl\n\n' },
    {
      path: 'usr/lib/python3.12/site-packages/flask-1.0.dist-info/METADATA',
      content: 'Metadata-Version: 2.1\nName: flask\nVersion: 1.0\n\n',
    },
  ]),
);

/** The layer as a client posts it. */
export const alpineLayer = {
  hash: `sha256:${hash('sha256', alpineLayerBytes)}`,
  uri: 'https://quay.test/alpine?sig=a%2Fb',
  headers: { Authorization: ['Bearer x'], Accept: ['a', 'b'] },
};

/** Returns a post of a manifest with these layers. */
export function postOf(layers: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', headers, body: JSON.stringify({ hash: v4Manifest, layers }) };
}
