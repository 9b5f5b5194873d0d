import { ClairError } from '../../core/errors.ts';
import type { Namespace } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { Vulnerability } from '../../model/vulnerability.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { FeedState } from '../../store/feed-state.ts';
import type { PageRequest } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';
import type { ExportedFeed, ExportLine } from './export-format.ts';
import { type FeedLockDeps, lockFeed } from './feed-lock.ts';

/** Dependencies of `exportDatabase`. */
export interface ExportDatabaseDeps extends FeedLockDeps {
  readonly store: Pick<Store, 'advisories' | 'vulnerabilities' | 'enrichments' | 'locks'>;
  readonly extensions: Pick<Extensions, 'sources' | 'enrichers'>;
}

/**
 * Yields the contents of every feed, in an order that depends only on them. A lock keeps each feed from being updated while it is read.
 * Leaves out feeds that were never loaded, and users' vulnerabilities, which belong to their own store. Throws `store-unusable` if another
 * process holds the lock of a feed for too long.
 */
export async function* exportDatabase(deps: ExportDatabaseDeps): AsyncGenerator<ExportLine> {
  const states = await deps.store.advisories.findFeedStates();
  const { sources, enrichers } = deps.extensions;
  const names = new Set([...sources, ...enrichers].map(({ name }) => name));
  const byName = states
    .filter(({ source }) => names.has(source))
    .sort((a, b) => compareText(a.source, b.source) || compareText(a.feed, b.feed));
  for (const { source, feed } of byName) {
    await using lock = await lockFeed({ source, feed }, deps);
    if (lock === undefined)
      throw new ClairError(
        'store-unusable',
        `${source} ${feed} is being updated by another process; try again`,
      );
    // Read again, because another process may have changed it before the lock was acquired.
    const now = await deps.store.advisories.findFeedStates();
    const state = now.find((one) => one.source === source && one.feed === feed);
    if (state !== undefined) yield* linesOfFeed(state, deps);
  }
}

async function* linesOfFeed(state: FeedState, deps: ExportDatabaseDeps): AsyncGenerator<ExportLine> {
  const { presence, kept, records, lastFailure, ...identity } = state;
  if (presence === 'failed') return;
  deps.onProgress(`writing ${state.source} ${state.feed}`);
  yield { feed: { ...identity, presence } satisfies ExportedFeed };
  if (presence === 'absent') return;
  if (deps.extensions.enrichers.some(({ name }) => name === state.source)) yield* ratingsOf(state, deps);
  else yield* advisoriesOf(state, deps);
}

/** Records read at once. Larger pages would survive the collections of the young generation and stay in memory for long. */
const pageRecords = 200;

async function* ratingsOf(state: FeedState, { store }: ExportDatabaseDeps): AsyncGenerator<ExportLine> {
  const pages = paged(
    (page) => store.enrichments.pageByFeed(state, page),
    ({ id }) => id,
  );
  for await (const rating of pages) yield { rating };
}

async function* advisoriesOf(state: FeedState, { store }: ExportDatabaseDeps): AsyncGenerator<ExportLine> {
  const recordsOf = (keptFor?: string): AsyncGenerator<StoredVulnerability> =>
    paged(
      (page) =>
        store.vulnerabilities.pageByFeed(
          { ...state, ...(keptFor !== undefined && { retainedFor: keptFor }) },
          page,
        ),
      ({ key }) => key,
    );
  for await (const record of recordsOf()) yield { record: withoutStoreFields(record) };
  if (state.kept.length === 0) return;
  const namespaces = await store.advisories.findNamespaces();
  for (const namespace of namespaces.filter(({ name }) => state.kept.includes(name)).sort(byNamespace))
    for await (const record of recordsOf(namespace.name))
      yield { kept: withoutStoreFields(record), for: namespace };
}

function byNamespace(a: Namespace, b: Namespace): number {
  return compareText(a.name, b.name);
}

/** Yields every item of a list, reading one page at a time. */
async function* paged<T>(
  read: (page: PageRequest<string>) => Promise<readonly T[]>,
  cursorOf: (item: T) => string,
): AsyncGenerator<T> {
  let after: string | undefined;
  for (;;) {
    const page = await read({ limit: pageRecords, ...(after !== undefined && { after }) });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageRecords) return;
    after = cursorOf(last);
  }
}

/** Returns a record as its source published it. The importing store computes its own keys and validity times. */
function withoutStoreFields({
  number,
  source,
  feed,
  validFrom,
  validTo,
  affected,
  ...record
}: StoredVulnerability): Vulnerability {
  return { ...record, affected: affected.map(({ keys, ...row }) => row) };
}
