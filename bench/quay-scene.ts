import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { keyRange } from '../src/match/key-range.ts';
import { debian } from '../src/source/debian/debian.ts';
import type { KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import { openSqliteStore } from '../src/store/sql/sqlite-store.ts';
import type { QuayLayer } from '../src/testing/simulated-quay.ts';
import { tar } from '../src/testing/tar-writer.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { startServer } from './bench-server.ts';

/** Packages of an image, and how many vulnerabilities they have together. */
export const [packages, findings] = [300, 500];

/** The key that Quay and the server share, base64. */
export const sharedKey: string = Buffer.from('a key of Quay and the server').toString('base64');

/** Starts a server that has the vulnerabilities of the packages, and the store of its layers. Its database is removed at the exit. */
export async function startScene() {
  const scratch = mkdtempSync(join(tmpdir(), 'clair-bench-'));
  process.on('exit', () => {
    rmSync(scratch, { recursive: true, force: true });
  });
  const database = join(scratch, 'clair.db');
  await loadAdvisories(database);
  const layers = new LayerStore();
  await layers.open();
  return { layers, ...(await startServer(settingsOn(database))) };
}

/** Settings of a server that Quay and Harbor use, on a database in a file. */
function settingsOn(database: string): Record<string, string> {
  return {
    CLAIR_DATABASE_OPTIONS_PATH: database,
    CLAIR_API_V4_PSKKEY: sharedKey,
    CLAIR_API_V4_PSKISSUERS: 'quay',
    CLAIR_API_HARBOR_REGISTRIES: 'http://127.0.0.1:9',
    CLAIR_API_HARBOR_KEY: Buffer.alloc(32, 7).toString('base64'),
    CLAIR_UPDATER_ENABLEDUPDATERS: debian.name,
  };
}

/** Loads the vulnerabilities of the packages into a new database. */
async function loadAdvisories(database: string): Promise<void> {
  await using store = await openSqliteStore(database);
  const [feed = ''] = debian.feeds;
  const update = { source: debian.name, feed, sourceVersion: debian.version, origin: 'made' };
  const fetchedAt = new Date().toISOString();
  await store.advisories.apply({ kind: 'whole', ...update, fingerprint: '', fetchedAt }, records());
}

async function* records(): AsyncGenerator<KeyedVulnerabilityRecord> {
  const range = { to: '2.0-1' };
  const keys = keyRange(dpkg, range);
  if (!('lo' in keys)) throw new Error('a range without keys');
  for (let i = 0; i < findings; i++) {
    const id = `CVE-2020-${i}`;
    const row = {
      namespace: { name: 'debian:12', versionScheme: 'dpkg' },
      package: `package-${i % packages}`,
    };
    yield {
      kind: 'vulnerability',
      key: id,
      id,
      aliases: [],
      severity: 'Medium',
      cvss: [],
      description: `What is wrong with ${id}, in about as many words as vendors need for it. `.repeat(4),
      links: [`https://security.example.org/${id}`],
      affected: [{ ...row, range, fix: { state: 'fixed', version: range.to }, keys }],
    };
  }
}

/** A manifest of one layer, as Quay posts it. */
export interface SceneManifest {
  readonly hash: string;
  readonly layers: readonly QuayLayer[];
}

/** Layers of Debian with these packages, served over HTTP. */
class LayerStore {
  readonly #layers = new Map<string, Uint8Array>();
  readonly #server = createServer((request, response) => {
    const layer = this.#layers.get(request.url ?? '');
    response.writeHead(layer === undefined ? 404 : 200).end(layer);
  });

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Returns a manifest of a layer that differs for each number. */
  manifest(number: number, count: number = packages): SceneManifest {
    const layer = gzipSync(layerOf(number, count));
    const digest = `sha256:${hash('sha256', layer)}`;
    this.#layers.set(`/${digest}`, layer);
    const { port } = this.#server.address() as AddressInfo;
    const uri = `http://127.0.0.1:${port}/${digest}`;
    const headers = { Accept: ['application/gzip'], Authorization: ['Bearer x'] };
    return {
      hash: `sha256:${hash('sha256', `manifest ${number}`)}`,
      layers: [{ hash: digest, uri, headers }],
    };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function layerOf(number: number, count: number): Uint8Array {
  const status = Array.from(
    { length: count },
    (_, i) => `Package: package-${i}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n`,
  ).join('');
  return tar([
    { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
    { path: 'var/lib/dpkg/status', content: status },
    { path: 'number', content: String(number) },
  ]);
}
