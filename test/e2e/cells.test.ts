import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { limits } from '../../src/core/limits.ts';
import { cellOfRegistry } from '../../src/service/cells/assign-registry.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { clair } from './clair.ts';
import { debianRegistry, noRegistry } from './debian-registry.ts';
import { engines, fleetClient, fleetSettings, isLoaded, pushImage } from './fleet.ts';
import { runServer, type ServeProcess } from './serve-process.ts';

const names = ['north', 'east', 'south', 'west'] as const;
const hosts = Array.from({ length: 8 }, (_, i) => `registry-${i}.example`);
const tagsOf = { north: ['0', '1'], east: ['2'], south: ['3'], west: ['4'] };

/** Returns a port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Writes the settings that all cells and the server over them share. */
function sharedSettings(t: TestContext, ports: readonly number[]): string {
  const file = join(temporaryDirectory(t), 'config.json');
  const cells = Object.fromEntries(names.map((name, i) => [name, { url: `http://127.0.0.1:${ports[i]}` }]));
  const registries = Object.fromEntries(hosts.map((host) => [host, { interval: '0' }]));
  writeFileSync(file, JSON.stringify({ clair: { cells, registries } }));
  return file;
}

interface Page {
  readonly status: number;
  readonly images?: readonly {
    readonly cell: string;
    readonly names: readonly (string | { name: string })[];
  }[];
  readonly jobs?: readonly { readonly cell: string }[];
  readonly complete?: boolean;
  readonly missing?: readonly { readonly cell: string; readonly reason: string }[];
  readonly next?: string;
  readonly resume?: string;
}

type CellName = (typeof names)[number];

/** Returns an address of the registry that belongs to a cell. */
function registryOf(cell: CellName, port: number): string {
  const addresses = Array.from({ length: 250 }, (_, i) => `127.0.0.${i + 2}:${port}`);
  return addresses.find((address) => cellOfRegistry(address, names) === cell) ?? assert.fail();
}

/** Starts four cells on two engines, which have scanned images of their own, and a server over them. */
async function startCells(t: TestContext) {
  const registry = await debianRegistry(t, { hasEveryAddress: true });
  const ownRegistry = (name: CellName): string => registryOf(name, registry.port);
  for (const tag of Object.values(tagsOf).flat()) await pushImage(registry, tag);
  const ports = await Promise.all(names.map(() => freePort()));
  const shared = ['serve', '--config', sharedSettings(t, ports)];
  const places = await Promise.all(names.map(async (_, i) => await engines[i % 2 === 0 ? 0 : 1][1](t)));
  const start = async (name: CellName): Promise<ServeProcess> =>
    await runServer(t, shared, {
      ...fleetSettings(registry.port),
      ...places[names.indexOf(name)],
      CLAIR_CELL: name,
      CLAIR_IMAGES_REGISTRIES: [`127.0.0.1:${registry.port}`, ...names.map(ownRegistry)].join(','),
      CLAIR_API_ADDR: `127.0.0.1:${ports[names.indexOf(name)]}`,
    });
  const scanAll = async (name: CellName): Promise<[CellName, ServeProcess]> => {
    const cell = await start(name);
    await isLoaded(cell);
    const { scan, ended } = fleetClient(cell);
    for (const tag of [...tagsOf[name], 'missing']) {
      const { state } = await ended((await scan(`${ownRegistry(name)}/shop:${tag}`)).id);
      assert.equal(state, tag === 'missing' ? 'failed' : 'done');
    }
    return [name, cell];
  };
  const cells = new Map(await Promise.all(names.map(scanAll)));
  const address = { CLAIR_API_ADDR: '127.0.0.1:0', CLAIR_API_HEALTHADDR: '127.0.0.1:0' };
  const { ports: frontPorts } = await runServer(t, shared, address);
  const front = fleetClient({ ports: frontPorts });
  const url = `http://127.0.0.1:${frontPorts.api}`;
  return { registry, front, url, start, cellOf: (name: CellName) => cells.get(name) ?? assert.fail() };
}

type Front = ReturnType<typeof fleetClient>;

async function pageOf({ get }: Front, path: string): Promise<Page> {
  const response = await get(path);
  return { ...((await response.json()) as Page), status: response.status };
}

interface Summary {
  readonly findings: { readonly images: number; readonly counts: readonly object[] } | null;
  readonly sources: readonly { readonly source: string; readonly state: string }[];
}

async function summaryOf({ get }: Front): Promise<Summary> {
  const response = await get('/api/v1/summary');
  assert.equal(response.status, 200);
  return (await response.json()) as Summary;
}

/** Checks that a cell does not scan an image of a registry that belongs to another one. */
async function assertRefused({ ports }: ServeProcess, reference: string, owner: CellName): Promise<void> {
  const url = `http://127.0.0.1:${ports.api}/api/v1/images`;
  const refused = await fetch(url, { method: 'POST', body: JSON.stringify({ reference }) });
  assert.equal(refused.status, 421);
  assert.ok((await refused.text()).includes(`belongs to the cell ${owner}: send the scan to it`));
}

/** Checks the sums over cells. The cells count findings now and then only, so the numbers may be older than the scans. */
async function assertSummary(front: Front, cells: readonly Front[]): Promise<void> {
  const counted = (await Promise.all(cells.map(summaryOf))).map(({ findings }) => findings);
  const { findings, sources } = await summaryOf(front);
  const images = counted.reduce((sum, one) => sum + (one?.images ?? 0), 0);
  if (counted.includes(null)) assert.equal(findings, null);
  else assert.equal(findings?.images, images);
  assert.deepEqual(
    sources.map(({ source, state }) => [source, state]),
    [['alpine', 'current']],
  );
}

/** Returns the tags of images, each after the name of its cell. */
function tagsIn({ images = [] }: Page): string[] {
  return images.map(({ cell, names: [name] }) => {
    const text = typeof name === 'object' ? name.name : name;
    return `${cell} ${text?.split(':').at(-1)}`;
  });
}

/** Returns the tags of a page and of all that follow it. */
async function tagsFrom(front: Front, path: string, first: Page): Promise<string[]> {
  const found = tagsIn(first);
  for (let next = first.next ?? first.resume; next !== undefined; ) {
    const following = await pageOf(front, `${path}&after=${next}`);
    assert.deepEqual([following.status, following.complete], [200, true]);
    found.push(...tagsIn(following));
    ({ next } = following);
  }
  return found.toSorted();
}

/** The tags that the cells have scanned. */
const scanned = names.flatMap((name) => tagsOf[name].map((tag) => `${name} ${tag}`)).sort();

const [imagesPath, affectedPath] = ['/api/v1/images?limit=3', '/affected/CVE-2026-1?limit=3'];

test('four cells on four databases answer as one, and a slow and a dead one are named until they are back', {
  skip: noRegistry,
  timeout: 240_000,
}, async (t) => {
  const { registry, front, url, start, cellOf } = await startCells(t);
  for (const path of [imagesPath, affectedPath])
    assert.deepEqual(await tagsFrom(front, path, await pageOf(front, path)), scanned, path);
  const { jobs = [] } = await pageOf(front, '/api/v1/jobs?state=failed');
  assert.deepEqual(jobs.map(({ cell }) => cell).sort(), names.toSorted());
  const watched = (await (await front.get('/api/v1/registries')).json()) as {
    registries: { name: string; cell: string }[];
  };
  assert.deepEqual(
    watched.registries.map(({ name, cell }) => `${name} ${cell}`).sort(),
    hosts.map((host) => `${host} ${cellOfRegistry(host, names)}`).sort(),
  );

  await assertSummary(
    front,
    names.map((name) => fleetClient(cellOf(name))),
  );
  cellOf('south').signal('SIGSTOP');
  cellOf('west').signal('SIGKILL');
  const started = performance.now();
  const [partial, strict] = await Promise.all([
    pageOf(front, `${imagesPath}&partial=true`),
    pageOf(front, imagesPath),
  ]);
  const ms = performance.now() - started;
  assert.ok(ms < limits.cellAnswerMs, `the slow cell held the page up for ${ms} ms`);
  assert.deepEqual([strict.status, strict.images], [503, undefined]);
  for (const { missing = [] } of [partial, strict]) {
    assert.deepEqual(
      missing.map(({ cell }) => cell),
      ['south', 'west'],
    );
    assert.match(missing[0]?.reason ?? '', /no answer within 2 s/);
    assert.match(missing[1]?.reason ?? '', /no answer from/);
  }
  assert.deepEqual([partial.status, partial.complete, partial.images?.length], [200, false, 3]);
  const incomplete = clair(['images', '--server', url]);
  assert.equal(incomplete.status, 4, incomplete.stderr);
  assert.match(incomplete.stderr, /cell south is missing: no answer within 2 s\n.*cell west is missing/);
  cellOf('south').signal('SIGCONT');
  await start('west');
  assert.deepEqual(await tagsFrom(front, imagesPath, partial), scanned);

  await assertRefused(cellOf('north'), `${registryOf('east', registry.port)}/shop:2`, 'east');
  const added = await front.scan(`127.0.0.1:${registry.port}/shop:0`);
  assert.equal((await front.ended(added.id)).state, 'done');
  const owner = cellOfRegistry(`127.0.0.1:${registry.port}`, names);
  const known = await pageOf(front, '/api/v1/images?limit=99');
  assert.deepEqual([known.complete, known.missing], [true, []]);
  const shown = tagsIn(known);
  assert.deepEqual(shown.toSorted(), [...new Set([...scanned, `${owner} 0`])].sort());
  // These block this process, and the server may close an idle connection meanwhile: no request follows.
  for (const [command, lines] of [
    [['images'], shown.length + 1],
    [['affected', 'CVE-2026-1', '--format', 'csv'], shown.length + 1],
    [['jobs'], names.length + 1],
  ] as const) {
    const { status, stdout, stderr } = clair([...command, '--server', url]);
    assert.deepEqual([status, stdout.trimEnd().split('\n').length], [0, lines], stderr);
  }
});
