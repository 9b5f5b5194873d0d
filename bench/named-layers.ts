/**
 * Measures pages of the layers that introduce a vulnerability, with 100,000 named layers of 300 packages on ten bases. Covers a
 * vulnerability that affects all of them, one that affects few, and one without a fix that affects every version. Run: node
 * bench/named-layers.ts [--engine sqlite|postgres] [layers]
 */
import { sql } from 'kysely';
import type { KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import type { ImagePackage } from '../src/store/image-store.ts';
import type { Store } from '../src/store/store.ts';
import { requireKey } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { engineArgument, openBenchStore } from './bench-store.ts';
import { random } from './random.ts';

const { engine, rest } = engineArgument();
const layers = Number(rest[0] ?? 100_000);
const bases = 10;
/** Number of contents that layers share. Another name on one of them costs no image. */
const contents = Math.min(layers, 500);
const packagesPerImage = 300;
const pageSize = 100;
const namespace = { name: 'debian:12', versionScheme: 'dpkg' };
const next = random(3);

await using database = await openBenchStore(engine);

function packageOf(name: string, version: string): ImagePackage {
  return {
    type: 'deb',
    name,
    version,
    purl: `pkg:deb/debian/${name}@${version}`,
    location: { path: 'var/lib/dpkg/status', layer: null },
    foundBy: 'dpkg',
    lookup: { namespace, name, version, key: requireKey(dpkg, version) },
  };
}

/** Every content has a version of openssl that its base does not have, out of 500, and a rare package. */
function packagesOf(content: number): ImagePackage[] {
  const common = Array.from({ length: packagesPerImage - 2 }, (_, i) =>
    packageOf(`package-${i}`, `1.${i % 7}-1`),
  );
  const openssl = packageOf('openssl', `3.0.${1 + Math.floor(500 * next())}-1`);
  return [...common, openssl, packageOf(`rare-${content % 200}`, '1.0-1')];
}

async function fill({ images, namedLayers, advisories }: Store): Promise<void> {
  const start = performance.now();
  const save = async (identity: string, packages: ImagePackage[]) =>
    await images.save({ identity, layers: [], distro: null, packages });
  const base = await save('base', packagesOf(0).slice(0, packagesPerImage - 2));
  const rest = { format: 'Docker', engineVersion: 3 };
  for (let i = 0; i < bases; i++)
    await namedLayers.save({ name: `base ${i}`, parent: null, image: base, ...rest });
  const numbers: number[] = [];
  for (let i = 0; i < contents; i++) numbers.push(await save(`image ${i}`, packagesOf(i)));
  for (const [i, image] of numbers.entries())
    await namedLayers.save({ name: `layer ${i}`, parent: `base ${i % bases}`, image, ...rest });
  await copyLayers();
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`${layers} layers of ${contents} images saved in ${seconds.toFixed(0)} s\n`);
  const update = { source: 'debian', feed: 'made', sourceVersion: 1, origin: 'here', fingerprint: '' };
  await advisories.apply({ kind: 'whole', ...update, fetchedAt: '2026-01-01T00:00:00Z' }, records());
}

/** Inserts all names except the first of each content. The rows of another name are the same for each. */
async function copyLayers(): Promise<void> {
  await using made = await database.openEngine();
  for (let copy = 1; copy < layers / contents; copy++) {
    const further = sql.lit(copy * contents);
    await sql`insert into v1_layer (name, number, parent, image_id, format, engine_version)
      select name || ${sql.lit(` ${copy}`)}, number + ${further}, parent, image_id, format, engine_version
      from v1_layer where number > ${bases} and number <= ${bases + contents}`.execute(made.db);
    await sql`insert into v1_brought (version_id, layer_number)
      select version_id, layer_number + ${further}
      from v1_brought where layer_number > ${bases} and layer_number <= ${bases + contents}`.execute(made.db);
  }
}

async function* records(): AsyncGenerator<KeyedVulnerabilityRecord> {
  yield recordOf('all versions of openssl', 'openssl', undefined);
  yield recordOf('half of them', 'openssl', '3.0.250-1');
  yield recordOf('something rare', 'rare-7', undefined);
  yield recordOf('only in the bases', 'package-0', undefined);
}

function recordOf(id: string, name: string, to: string | undefined): KeyedVulnerabilityRecord {
  const keys = { lo: new Uint8Array(), hi: to === undefined ? Uint8Array.of(0xff) : requireKey(dpkg, to) };
  const row = { namespace, package: name, range: to === undefined ? {} : { to }, keys };
  return {
    kind: 'vulnerability',
    key: id,
    id,
    aliases: [],
    links: [],
    severity: 'Medium',
    cvss: [],
    affected: [
      to === undefined
        ? { ...row, fix: { state: 'unfixed' } }
        : { ...row, fix: { state: 'fixed', version: to } },
    ],
  };
}

async function measure(store: Store, id: string): Promise<void> {
  const times: number[] = [];
  const cpuTimes: number[] = [];
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const [start, cpu] = [performance.now(), database.cpuMs()];
    const result = await work();
    times.push(performance.now() - start);
    cpuTimes.push(database.cpuMs() - cpu);
    return result;
  };
  const numbers = await store.vulnerabilities.findNumbersById(id);
  const versions = await timed(async () =>
    (await store.namedLayers.findHitVersions(numbers)).map(({ number }) => number),
  );
  let layerCount = 0;
  for (let after: number | undefined = 0; after !== undefined && times.length < 2000; ) {
    const place: number = after;
    const page = await timed(() =>
      store.namedLayers.pageIntroducing(versions, { limit: pageSize, after: place }),
    );
    layerCount += page.layers.length;
    after = page.next;
  }
  const shown = [times, cpuTimes].map(([lookup = 0, first = 0, ...others]) => {
    const later = others.toSorted((a, b) => a - b);
    const at = (part: number) => (later[Math.floor(part * (later.length - 1))] ?? Number.NaN).toFixed(1);
    const rest = later.length === 0 ? '' : `, later p50 ${at(0.5)} p95 ${at(0.95)} ms`;
    return `first page ${(lookup + first).toFixed(1)} ms (${lookup.toFixed(1)} for the versions)${rest}`;
  });
  process.stdout.write(
    `${id}: ${versions.length} versions, ${layerCount} layers\n  clock ${shown[0]}\n  CPU   ${shown[1]}\n`,
  );
}

await fill(database.store);
// The first iteration warms up.
for (let i = 0; i < 2; i++) {
  for (const id of ['all versions of openssl', 'half of them', 'something rare', 'only in the bases'])
    await measure(database.store, id);
}
process.stdout.write(`database ${((await database.sizeBytes()) / 1e6).toFixed(0)} MB\n`);
