import { seedFleet } from '../../bench/console-fleet.ts';
import { apartNames, idOf, seededRecords } from '../../bench/fleet-rules.ts';
import { loadExtensions } from '../../src/cli/load-extensions.ts';
import { countFindings } from '../../src/service/finding-counts/count-findings.ts';
import { openSqliteEngine } from '../../src/store/sql/dialect/sqlite-engine.ts';
import { openSqliteStore } from '../../src/store/sql/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { feedUpdate, stream } from '../../src/testing/store-content.ts';

const dayMs = 24 * 3_600_000;

/** The package sets with the most images have a package with this name and vulnerability. */
export const commonest = { id: idOf(0, apartNames), packages: packagesOf(0) };

/** A vulnerability of packages that some of the images have. */
export const common = { id: idOf(300, apartNames), packages: packagesOf(300) };

function packagesOf(name: number): string[] {
  return [apartNames.distribution, 'pypi', 'golang', 'npm'].map((type) => `${type}-${name}`);
}

/** Adds a fleet to the images of a database, its advisories four days ago, and the findings of 80 days before. */
export async function addFleet(database: string, images: number): Promise<void> {
  const { extensions } = await loadExtensions([], '');
  const signal = new AbortController().signal;
  const count = async (store: Store): Promise<void> => {
    await countFindings({ store, extensions, signal });
  };
  await applyRecords(database, images);
  await using store = await openSqliteStore(database);
  // A new feed makes all sets due. Before the fleet is there, that is cheap.
  await count(store);
  {
    await using engine = await openSqliteEngine(database);
    await timed(`seeded ${images} images`, () => seedFleet(engine, { images, names: apartNames }));
    await timed('wrote the findings of 80 days', () => addDays(engine));
  }
  await timed('counted the images, and ranked the upgrades', () => count(store));
}

async function applyRecords(database: string, images: number): Promise<void> {
  await using store = await openSqliteStore(database, { now: () => Date.now() - 4 * dayMs });
  const fetchedAt = new Date().toISOString();
  const update = feedUpdate({ source: 'ubuntu', feed: 'cve', fetchedAt });
  await store.advisories.apply(update, stream(seededRecords(images, apartNames)));
}

/** Writes sums that rise each day. */
async function addDays({ db }: Awaited<ReturnType<typeof openSqliteEngine>>): Promise<void> {
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
