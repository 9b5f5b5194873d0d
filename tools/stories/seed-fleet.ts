import { seedFleet } from '../../bench/console-fleet.ts';
import { apartNames, idOf, seededRecords } from '../../bench/fleet-rules.ts';
import { loadExtensions } from '../../src/cli/load-extensions.ts';
import { countFindings } from '../../src/service/finding-counts/count-findings.ts';
import { openSqliteEngine } from '../../src/store/sql/dialect/sqlite-engine.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import { feedUpdate, stream } from '../../src/testing/store-content.ts';

const dayMs = 24 * 3_600_000;

/** The package sets with the most images have a package with this name and vulnerability. */
export const commonest = { id: idOf(0, apartNames), packages: packagesOf(0) };

/** A vulnerability of packages that some of the images have. */
export const common = { id: idOf(300, apartNames), packages: packagesOf(300) };

function packagesOf(name: number): string[] {
  return [apartNames.distribution, 'pypi', 'golang', 'npm'].map((type) => `${type}-${name}`);
}

/** How long ago the fleet and its advisories came, except for the images of the last days. */
const fleetAgo = 9;

/** Images that come on each of the last two days, of a fleet that is not small. */
const newImages = 300;

/**
 * Adds to a database what came on a day of `scannedDays`: on the first one a fleet with its advisories and the findings of the days before, and
 * on each other day some images. They came before, but only then have a name, so that they count from that day on.
 */
export async function addFleet(database: string, images: number, ago: number): Promise<void> {
  const added = Math.min(newImages, Math.floor(images / 20));
  if (ago < 3) {
    await nameImages(database, { ago, added });
    return;
  }
  const { extensions } = await loadExtensions([], '');
  await applyRecords(database, images);
  {
    await using store = await openSqliteStore(database, { now: () => Date.now() - ago * dayMs });
    // A new feed makes all sets due. Before the fleet is there, that is cheap.
    await countFindings({ store, extensions, signal: new AbortController().signal });
  }
  await using engine = await openSqliteEngine(database);
  const now = Date.now() - fleetAgo * dayMs;
  await timed(`seeded ${images} images`, () => seedFleet(engine, { images, names: apartNames, now }));
  await timed('wrote the findings of 80 days', () => addDays(engine));
  await withdrawNames(engine, 2 * added);
}

type FleetEngine = Awaited<ReturnType<typeof openSqliteEngine>>;

/** Lets the last images wait for a day of their own, as if they had lost their names. */
async function withdrawNames({ db }: FleetEngine, count: number): Promise<void> {
  const waiting = await db
    .selectFrom('known_image')
    .select('id')
    .orderBy('id', 'desc')
    .limit(count)
    .execute();
  const numbers = waiting.map(({ id }) => id);
  const since = Date.now();
  await db.updateTable('known_image').set({ untagged_since: since }).where('id', 'in', numbers).execute();
  for (const table of ['counted_set', 'counted_image'] as const)
    await db.deleteFrom(table).where('image_id', 'in', numbers).execute();
}

/** Lets some of the waiting images come on a day. */
async function nameImages(
  database: string,
  { ago, added }: { readonly ago: number; readonly added: number },
): Promise<void> {
  await using engine = await openSqliteEngine(database);
  const at = Date.now() - ago * dayMs;
  const waiting = engine.db
    .selectFrom('known_image')
    .select('id')
    .where('untagged_since', 'is not', null)
    .where('reference', 'like', 'registry.example/%')
    .orderBy('id')
    .limit(added);
  await engine.db
    .updateTable('known_image')
    .set({ untagged_since: null, first_seen: at, last_seen: at })
    .where('id', 'in', waiting)
    .execute();
}

async function applyRecords(database: string, images: number): Promise<void> {
  const now = (): number => Date.now() - fleetAgo * dayMs;
  await using store = await openSqliteStore(database, { now });
  const fetchedAt = new Date().toISOString();
  const update = feedUpdate({ source: 'ubuntu', feed: 'cve', fetchedAt });
  await store.advisories.apply(update, stream(seededRecords(images, apartNames)));
}

/** Writes sums that rise each day. */
async function addDays({ db }: FleetEngine): Promise<void> {
  const rows = Array.from({ length: 80 }, (_, i) => {
    const at = new Date(Date.now() - (84 - i) * dayMs).toISOString();
    const findings = ['Critical', 'High', 'Medium', 'Low'].map((severity, place) => ({
      severity,
      isFixable: false,
      exploited: 'no',
      findings: 1000 * (place + 1) + 10 * i,
    }));
    return { day: at.slice(0, 10), content: JSON.stringify({ at, images: 1000 + i, dueSets: 0, findings }) };
  });
  await db.insertInto('finding_day').values(rows).execute();
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  console.log(`${what} in ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
