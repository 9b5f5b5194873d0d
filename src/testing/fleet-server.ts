import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { accessByTokens } from '../api/http/access.ts';
import type { FleetDeps } from '../api/http/fleet/fleet-route.ts';
import { fleetPrefix, fleetRoutes } from '../api/http/fleet/routes.ts';
import { WebhookRate } from '../api/http/fleet/webhooks.ts';
import { ListLimiter } from '../api/http/list-limiter.ts';
import { routerOf } from '../api/http/router.ts';
import { parseSuppressions } from '../cli/suppression/suppression-directory.ts';
import { openReference } from '../image/open-reference.ts';
import { KeyedMutex } from '../kit/async/keyed-mutex.ts';
import { scriptUrl } from '../kit/script-url.ts';
import { startLayerWorker } from '../layer-pool/analyze-on-thread.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import type { Extensions } from '../plugin/extensions.ts';
import { keyedRecords } from '../service/feeds/keyed-records.ts';
import { scanImage } from '../service/fleet/scan-image.ts';
import { workerAnalyzer } from '../service/fleet/worker-analyzer.ts';
import { ActiveSuppressions } from '../service/suppressions/active-suppressions.ts';
import { VexKeys } from '../service/suppressions/vex-keys.ts';
import type { Store } from '../store/store.ts';
import { apiServerDefaults, startApiServer } from './api-server.ts';
import { assertDocumented } from './documented-responses.ts';
import { type BuiltImage, buildImage } from './image-builder.ts';
import { memoryRegistry } from './memory-registry.ts';
import { feedUpdate, stream } from './store-content.ts';
import { type StoreEngine, storeEngines } from './store-engines.ts';
import { tar } from './tar-writer.ts';

/** A server of `/api/v1` on a store whose clock the test moves. */
export interface FleetServer {
  readonly store: Store;
  readonly clock: { at: number };
  /** `127.0.0.1:port/app`, in which all images are. */
  readonly repository: string;
  /** Scans an image under a tag; returns its digest. */
  readonly scan: (image: BuiltImage, tag: string) => Promise<string>;
  /** Replaces the records of Debian's feed. */
  readonly applyDebian: (records: readonly Vulnerability[]) => Promise<void>;
  /** Sends a request to a path below the prefix. A successful response must be as the OpenAPI document describes it. */
  readonly call: (path: string, init?: RequestInit) => Promise<Response>;
  /** Returns the document of a successful answer. */
  readonly get: <T>(path: string) => Promise<T>;
  /** Returns the status and the detail of a refusal. */
  readonly refusal: (path: string, init?: RequestInit) => Promise<[status: number, detail: string]>;
}

/** Options of `fleetServer`. */
export interface FleetServerOptions {
  /** The built-in ones, which only tests themselves may import. */
  readonly extensions: Extensions;
  /** SQLite in memory by default. */
  readonly engine?: StoreEngine | undefined;
  /** Entries of `api.tokens`. */
  readonly tokens?: readonly string[];
}

/** Starts a server of `/api/v1` with a registry in memory until the end of the test. Its clock begins on 2026-03-01. */
export async function fleetServer(
  context: TestContext,
  { extensions, engine = storeEngines[1], tokens = [] }: FleetServerOptions,
): Promise<FleetServer> {
  assert.ok(engine);
  const clock = { at: Date.parse('2026-03-01T00:00:00Z') };
  const now = (): Date => new Date(clock.at);
  const store = await engine.create(context)({ now: () => clock.at });
  const registry = await memoryRegistry(context);
  const { port } = await startApiServer(context, {
    routers: () => [routerOf(fleetPrefix, fleetRoutes(fleetDeps(store, extensions, now)))],
    access: tokens.length === 0 ? apiServerDefaults.access : accessByTokens(tokens),
  });
  const call = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${fleetPrefix}${path}`, init);
    await assertDocumented(init?.method ?? 'GET', `${fleetPrefix}${path}`, response);
    return response;
  };
  return {
    store,
    clock,
    call,
    repository: `${registry.host}/app`,
    scan: async (image, tag) => {
      registry.push(image, tag);
      return await scanImage(
        { reference: `${registry.host}/app:${tag}`, platform: null },
        scanDeps(store, extensions),
      );
    },
    applyDebian: async (records) => {
      const keyed = keyedRecords(stream(records.map((one) => ({ kind: 'vulnerability', ...one }))), {
        schemes: extensions.schemes,
        from: 'the test',
      });
      const update = { acceptShrunk: true, fingerprint: String(clock.at), fetchedAt: now().toISOString() };
      await store.advisories.apply(feedUpdate(update), keyed);
    },
    get: async <T>(path: string) => {
      const response = await call(path);
      const document: unknown = await response.json();
      assert.equal(response.status, 200, JSON.stringify(document));
      return document as T;
    },
    refusal: async (path, init) => {
      const response = await call(path, init);
      return [response.status, ((await response.json()) as { detail: string }).detail];
    },
  };
}

/** Gives an image one more name, `repository:tag`. The tag is its only label then. */
export async function addImageName(store: Store, digest: string, name: string): Promise<void> {
  const [known] = await store.knownImages.findByDigest(digest);
  assert.ok(known?.digest);
  const [repository = '', tag = ''] = name.split(':');
  await store.knownImages.record({
    ...known,
    created: '2026-01-01T00:00:00Z',
    isScoped: false,
    isVerified: true,
    hasManifest: true,
    digests: [known.digest],
    names: [{ repository, tag }],
    root: known.digest,
    labels: { tag },
  });
}

/** Returns what the routes of `/api/v1` need, for a server that scans nothing. */
export function fleetDeps(store: Store, extensions: Extensions, now: () => Date): FleetDeps {
  const deps = {
    store,
    parse: parseSuppressions,
    ofServer: { rules: [], statements: [] },
    now,
    vexKeys: new VexKeys([]),
    onUnreadable: (_: string, error: unknown) => assert.fail(String(error)),
  };
  return {
    store,
    extensions,
    suppressions: new ActiveSuppressions(deps),
    parse: parseSuppressions,
    formats: extensions.formats,
    credentials: [],
    labelWeights: [],
    mayScan: () => false,
    readExtracts: undefined,
    otherCellOf: () => undefined,
    watched: [],
    noticedNames: store.noticedNames,
    now,
    webhookRate: new WebhookRate(),
    announceWork: () => undefined,
    listLimiter: new ListLimiter(),
    staleAfterMs: 7 * 24 * 3_600_000,
  };
}

const script = scriptUrl('../layer-worker', import.meta.url);

function scanDeps(store: Store, extensions: Extensions): Parameters<typeof scanImage>[1] {
  const startWorker = () => startLayerWorker(script);
  const ending = new AbortController().signal;
  return {
    store,
    extensions,
    layerTurns: new KeyedMutex(60_000),
    onStep: () => undefined,
    analyzer: workerAnalyzer({ startWorker, extracts: undefined, ending }),
    openImage: ({ reference }) => openReference(`registry:${reference}`, { env: { HOME: '/nowhere' } }),
  };
}

/** Returns an image of Debian 12 with these packages: `openssl 3.0.1-1`. */
export function debianImage(...packages: readonly string[]): BuiltImage {
  const status = packages.map((text) => {
    const [name, version] = text.split(' ');
    return `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\nArchitecture: amd64\n\n`;
  });
  return buildImage({
    compression: 'gzip',
    steps: [
      { tar: tar([{ path: 'etc/os-release', content: 'ID=debian\nVERSION_ID=12\n' }]) },
      { tar: tar([{ path: 'var/lib/dpkg/status', content: status.join('') }]) },
    ],
  });
}

/** Returns a record of Debian's feed: the versions of a source package before `fixed` are vulnerable. */
export function debianRecord(
  id: string,
  name: string,
  { fixed, severity = 'Medium' }: { readonly fixed: string; readonly severity?: Vulnerability['severity'] },
): Vulnerability {
  return {
    key: id,
    id,
    severity,
    aliases: [],
    links: [],
    cvss: [],
    affected: [
      {
        namespace: { name: 'debian:12', versionScheme: 'dpkg' },
        package: name,
        range: { to: fixed },
        fix: { state: 'fixed', version: fixed },
      },
    ],
  };
}
