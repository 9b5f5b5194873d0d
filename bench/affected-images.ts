/**
 * Measures the way from an advisory to the affected images, with 5,000,000 packages installed in 16,667 images of 8 releases. Looks up an
 * ID and reads the list page by page, as `clair affected` and notifications do. A page must cost the same however long the list is. Run:
 * node bench/affected-images.ts [--engine sqlite|postgres] [packages]
 */
import type { FeedUpdate, KeyedAffected, KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import type { ImagePackage } from '../src/store/image-store.ts';
import type { Store } from '../src/store/store.ts';
import { requireKey } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { engineArgument, openBenchStore } from './bench-store.ts';
import { random } from './random.ts';

const { engine, rest } = engineArgument();
const packagesPerImage = 300;
const images = Math.ceil(Number(rest[0] ?? 5_000_000) / packagesPerImage);
const advisories = 5_000;
const names = 8_000;
const namespaces = Array.from({ length: 8 }, (_, i) => ({ name: `debian:${6 + i}`, versionScheme: 'dpkg' }));
const pageSize = 100;
/** Maximum number of pages read of one list. */
const pagesMax = 50;
const next = random(11);

await using database = await openBenchStore(engine);

/** Half of the installed packages are in every other image, the other half are random. */
function installedName(): string {
  return `package-${Math.floor(names * next() ** (next() < 0.5 ? 4 : 1))}`;
}

/** Returns one of 4,000 consecutive versions. */
function version(place: number): string {
  const step = Math.floor(place * 4_000);
  return `${1 + Math.floor(step / 400)}.${Math.floor((step % 400) / 20)}.${step % 20}-1+deb12u${Math.floor(next() * 9)}`;
}

function packagesOf(image: number): ImagePackage[] {
  const namespace = namespaces[image % namespaces.length] as KeyedAffected['namespace'];
  const chosen = new Set<string>();
  while (chosen.size < packagesPerImage) chosen.add(installedName());
  return [...chosen].map((name): ImagePackage => {
    const installed = version(next());
    return {
      type: 'deb',
      name,
      version: installed,
      purl: `pkg:deb/debian/${name}@${installed}`,
      location: { path: 'var/lib/dpkg/status', layer: null },
      foundBy: 'dpkg',
      lookup: { namespace, name, version: installed, key: requireKey(dpkg, installed) },
    };
  });
}

/** Each record covers one package in every release. One row in ten has no fix. */
async function* records(): AsyncGenerator<KeyedVulnerabilityRecord> {
  for (let i = 0; i < advisories; i++) {
    const name = installedName();
    yield {
      kind: 'vulnerability',
      key: `${name}/CVE-2026-${i}`,
      id: `DSA-${i}`,
      aliases: [`CVE-2026-${i}`],
      description: `A flaw in ${name} lets an attacker who sends a crafted message crash the service.`,
      links: [],
      severity: 'Medium',
      cvss: [],
      affected: namespaces.map((namespace) => affected(namespace, name)),
    };
  }
}

function affected(namespace: KeyedAffected['namespace'], name: string): KeyedAffected {
  if (next() < 0.1) {
    const keys = { lo: new Uint8Array(), hi: Uint8Array.of(0xff) };
    return { namespace, package: name, range: {}, fix: { state: 'unfixed' }, keys };
  }
  const to = version(next());
  const keys = { lo: new Uint8Array(), hi: requireKey(dpkg, to) };
  return { namespace, package: name, range: { to }, fix: { state: 'fixed', version: to }, keys };
}

async function fill(store: Store): Promise<void> {
  const start = performance.now();
  for (let i = 0; i < images; i++)
    await store.images.save({ identity: `image ${i}`, layers: [], distro: null, packages: packagesOf(i) });
  process.stdout.write(
    `${images * packagesPerImage} packages saved in ${((performance.now() - start) / 1000).toFixed(0)} s\n`,
  );
  const update: FeedUpdate = {
    kind: 'whole',
    source: 'debian',
    feed: 'made',
    sourceVersion: 1,
    origin: 'here',
    fingerprint: '',
    fetchedAt: '2026-01-01T00:00:00Z',
  };
  await store.advisories.apply(update, records());
}

/** Times in milliseconds: wall clock, and CPU, which does not depend on the load of the machine. */
class Times {
  readonly #wall: number[] = [];
  readonly #cpu: number[] = [];

  async measure<T>(work: () => Promise<T>): Promise<T> {
    const cpu = database.cpuMs();
    const start = performance.now();
    const result = await work();
    this.#wall.push(performance.now() - start);
    this.#cpu.push(database.cpuMs() - cpu);
    return result;
  }

  line(what: string): string {
    const [wall, cpu] = [this.#wall, this.#cpu].map((times) => times.toSorted((a, b) => a - b));
    const at = (times: number[] | undefined, part: number) =>
      (times?.[Math.floor((times.length - 1) * part)] ?? Number.NaN).toFixed(2).padStart(6);
    return `${what.padEnd(32)} ${String(wall?.length).padStart(6)}  p50 ${at(wall, 0.5)}  p95 ${at(wall, 0.95)}  CPU p50 ${at(cpu, 0.5)}  p95 ${at(cpu, 0.95)} ms\n`;
  }
}

async function measure(store: Store): Promise<void> {
  const [lookup, first, later] = [new Times(), new Times(), new Times()];
  let images = 0;
  for (let i = 0; i < advisories; i += 10) {
    const numbers = await lookup.measure(() => store.vulnerabilities.findNumbersById(`CVE-2026-${i}`));
    let page = await first.measure(() => store.images.pageAffected(numbers, { limit: pageSize }));
    images += page.images.length;
    for (let count = 1; page.next !== undefined && count < pagesMax; count++) {
      const after = page.next;
      page = await later.measure(() => store.images.pageAffected(numbers, { limit: pageSize, after }));
      images += page.images.length;
    }
  }
  process.stdout.write(lookup.line('the records with an ID'));
  process.stdout.write(first.line(`the first page of ${pageSize} images`));
  process.stdout.write(later.line('every page after it'));
  process.stdout.write(`${(images / (advisories / 10)).toFixed(0)} images per advisory\n`);
}

await fill(database.store);
await database.settle();
// The first iteration warms up.
for (let i = 0; i < 2; i++) await measure(database.store);
process.stdout.write(`database ${((await database.sizeBytes()) / 1e6).toFixed(0)} MB\n`);
