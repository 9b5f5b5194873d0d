/**
 * Measures the work of the notifier after 1,000 advisories have changed, with 100,000 images of 300 packages in the reverse index. Covers
 * the events and notifications, the first page of images of each, and the whole list of each. Images share packages as in a registry: each
 * has the packages of its release, and others from a pool. Run: node bench/notifier.ts [--engine sqlite|postgres] [images]
 */
import { affectedByRecords } from '../src/service/notifications/affected-images.ts';
import { notificationMessage, sidesOf } from '../src/service/notifications/notification-message.ts';
import type { KeyedAffected, KeyedVulnerabilityRecord } from '../src/store/advisory-store.ts';
import type { ImagePackage } from '../src/store/image-store.ts';
import type { Store } from '../src/store/store.ts';
import { requireKey } from '../src/testing/version-scheme.ts';
import { dpkg } from '../src/version/dpkg.ts';
import { engineArgument, openBenchStore } from './bench-store.ts';
import { copyImages } from './copy-images.ts';
import { debianPackage } from './fleet-contents.ts';
import { random } from './random.ts';

const { engine, rest } = engineArgument();
const images = Number(rest[0] ?? 100_000);
/** Images that are saved one by one. The others are copies under other names. */
const contents = Math.min(images, 1000);
const packagesPerImage = 300;
const packagesOfBase = 90;
const names = 8_000;
const advisories = 10_000;
const changedAdvisories = 1_000;
const namespaces = [
  'debian:11',
  'debian:12',
  'debian:13',
  'ubuntu:20.04',
  'ubuntu:22.04',
  'ubuntu:24.04',
].map((name) => ({ name, versionScheme: 'dpkg' }));
const next = random(17);

await using database = await openBenchStore(engine);
const { store } = database;
const deps = { store, extensions: { schemes: [dpkg], sources: [] } };

/** A package has ten consecutive versions. Of most packages, newer ones are installed more often. */
function versionOf(name: number, step: number): string {
  return `${1 + (name % 9)}.${name % 17}.${step}-1+deb12u${step}`;
}

function nameOf(number: number): string {
  return `package-${number}`;
}

function packageOf(number: number, namespace: KeyedAffected['namespace']): ImagePackage {
  const version = versionOf(number, Math.floor(10 * Math.sqrt(next())));
  return debianPackage(nameOf(number), version, { namespace, layer: null });
}

/** Packages that every image of a release has, followed by packages that are mostly common. */
function packagesOf(content: number): ImagePackage[] {
  const namespace = namespaces[content % namespaces.length] as KeyedAffected['namespace'];
  const chosen = new Set(Array.from({ length: packagesOfBase }, (_, i) => i));
  while (chosen.size < packagesPerImage) chosen.add(Math.floor(names * next() ** 2));
  return [...chosen].map((number) => packageOf(number, namespace));
}

async function fill(): Promise<void> {
  const start = performance.now();
  for (let i = 0; i < contents; i++) {
    const image = await store.images.save({
      identity: `image ${i}`,
      layers: [`sha256:base-${i % namespaces.length}`, `sha256:app-${i}`],
      distro: { id: 'debian', like: [] },
      packages: packagesOf(i),
    });
    await store.ancestries.save({
      name: `registry.example.org/shop/service-${i}`,
      hashes: [],
      image,
      engineVersion: 1,
    });
  }
  await using made = await database.openEngine();
  await copyImages(made, { contents, images });
  await database.settle();
  const seconds = (performance.now() - start) / 1000;
  process.stdout.write(`${images} images of ${packagesPerImage} packages in ${seconds.toFixed(0)} s\n`);
}

/** Nine records in ten are about any package, one in ten about one that every image has. The changed ones have a later fix. */
async function* records(isChanged: boolean): AsyncGenerator<KeyedVulnerabilityRecord> {
  const choose = random(23);
  for (let i = 0; i < advisories; i++) {
    const number = Math.floor((choose() < 0.1 ? packagesOfBase : names) * choose());
    const name = nameOf(number);
    const step = 2 + Math.floor(6 * choose());
    const fixedAt = versionOf(
      number,
      isChanged && i % (advisories / changedAdvisories) === 0 ? step + 1 : step,
    );
    const keys = { lo: new Uint8Array(), hi: requireKey(dpkg, fixedAt) };
    yield {
      kind: 'vulnerability',
      key: `${name}/CVE-2026-${i}`,
      id: `CVE-2026-${i}`,
      aliases: [`DSA-${i}`],
      description: `A flaw in ${name} lets an attacker who sends a crafted message crash the service.`,
      links: [],
      severity: 'Medium',
      cvss: [],
      affected: namespaces.map((namespace) => ({
        namespace,
        package: name,
        range: { to: fixedAt },
        keys,
        fix: { state: 'fixed', version: fixedAt },
      })),
    };
  }
}

async function apply(isChanged: boolean): Promise<void> {
  await store.advisories.apply(
    {
      kind: 'whole',
      source: 'debian',
      feed: 'made',
      sourceVersion: 1,
      origin: 'here',
      fingerprint: String(isChanged),
      fetchedAt: '2026-01-01T00:00:00Z',
    },
    records(isChanged),
  );
}

/** Measures wall-clock and CPU seconds. */
async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const [start, cpu] = [performance.now(), database.cpuMs()];
  const result = await work();
  const seconds = [performance.now() - start, database.cpuMs() - cpu].map((ms) => (ms / 1000).toFixed(1));
  process.stdout.write(`${what.padEnd(48)} ${seconds[0]?.padStart(7)} s, CPU ${seconds[1]} s\n`);
  return result;
}

type FoundNotification = NonNullable<Awaited<ReturnType<Store['notifications']['find']>>>;

async function makeNotifications(): Promise<readonly FoundNotification[]> {
  while ((await store.notifications.createFromEvents(200)) > 0);
  return await store.notifications.findDue(advisories * namespaces.length);
}

/** Reads what a transport in full mode reads of each notification. */
async function readFirstPages(notifications: readonly FoundNotification[]): Promise<void> {
  const [wall, cpu]: [number[], number[]] = [[], []];
  let images = 0;
  for (const notification of notifications) {
    const [start, cpuStart] = [performance.now(), database.cpuMs()];
    const content = await notificationMessage(
      notification,
      await sidesOf(notification, deps),
      deps,
    ).content();
    wall.push(performance.now() - start);
    cpu.push(database.cpuMs() - cpuStart);
    images += 'images' in content ? content.images.length : 0;
  }
  const line = [wall, cpu].map((times) => {
    const sorted = times.toSorted((a, b) => a - b);
    const at = (part: number) => (sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN).toFixed(1);
    return `p50 ${at(0.5)} p95 ${at(0.95)} p99 ${at(0.99)} max ${at(1)} ms`;
  });
  process.stdout.write(`  ${images} images; clock ${line[0]}; CPU ${line[1]}\n`);
}

async function readAll(events: readonly { readonly new: number | null }[]): Promise<number> {
  let imageCount = 0;
  for (const { new: number } of events)
    for (let after: string | undefined; ; ) {
      const page = { limit: 1000, ...(after !== undefined && { after }) };
      const { images: some, next: more } = await affectedByRecords(
        number === null ? [] : [number],
        page,
        deps,
      );
      imageCount += some.length;
      if (more === undefined) break;
      after = more;
    }
  return imageCount;
}

await fill();
await timed(`${advisories} advisories loaded`, () => apply(false));
await database.settle();
await timed(`${changedAdvisories} of them changed, with their events`, () => apply(true));
const events = await timed('reading of the events', () => store.events.findAfter(0, advisories));
const notifications = await timed('creation and reading of their notifications', makeNotifications);
process.stdout.write(`  ${events.length} events, ${notifications.length} notifications\n`);
await timed('the first page of each notification', () => readFirstPages(notifications));
await timed('the first page of each again', () => readFirstPages(notifications));
const affectedImages = await timed('all images of all events', () => readAll(events));
process.stdout.write(
  `  ${affectedImages} images, ${(affectedImages / events.length).toFixed(0)} per event\n`,
);
process.stdout.write(`database ${((await database.sizeBytes()) / 1e9).toFixed(1)} GB\n`);
