import type { Namespace } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { Enricher } from '../../plugin/enricher.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { FeedEnrichment } from '../../store/enrichment-store.ts';
import type { FeedName, FeedState } from '../../store/feed-state.ts';
import type { ShardContent, ShardRecord } from '../../store/shard.ts';
import type { Store } from '../../store/store.ts';
import { feedsFor } from './choose-feeds.ts';

/** Dependencies of reading what a database publishes. */
export interface PublishDeps {
  readonly store: Pick<Store, 'advisories' | 'vulnerabilities' | 'enrichments'>;
  readonly extensions: Pick<Extensions, 'sources' | 'enrichers'>;
}

/** The content of one namespace, and the states of the feeds that it comes from. */
export interface PublishableNamespace extends ShardContent {
  readonly states: readonly FeedState[];
  /** Whether the statements that a package is not affected are published apart. */
  readonly isSplit: boolean;
}

/** Sources most of whose rows state that a package is not affected. */
const sourcesThatClear: ReadonlySet<string> = new Set(['rhel']);

/** Returns the namespaces that feeds of loaded sources cover, by name, with their content. */
export async function publishableNamespaces(deps: PublishDeps): Promise<readonly PublishableNamespace[]> {
  const { store, extensions } = deps;
  const names = new Set(extensions.sources.map(({ name }) => name));
  const rating = ratingNames(extensions);
  const states = (await store.advisories.findFeedStates()).filter(isPublishable);
  const found: PublishableNamespace[] = [];
  for (const namespace of await store.advisories.findNamespaces()) {
    const sources = (await store.advisories.findSources(namespace.name)).filter((name) => names.has(name));
    if (sources.length === 0 || namespace.versionScheme === '') continue;
    const feeds = feedsFor(namespace, extensions.sources).map(({ source, feed }) => ({
      source: source.name,
      feed,
    }));
    const isOf = ({ source, feed }: FeedName): boolean =>
      feeds.some((one) => one.source === source && one.feed === feed);
    found.push({
      namespace,
      feeds,
      states: states.filter(isOf),
      isSplit: sources.some((name) => sourcesThatClear.has(name)),
      records: recordsOf(namespace, names, deps),
      ratingsOf: async (ids) =>
        (await store.enrichments.findWithFeeds(ids))
          // The results of lookups are of single vulnerabilities, and have no feed.
          .filter(({ source, feed }) => feed !== '' && rating.has(source))
          // Statements about products are published as advisories. Earlier versions of Clair refuse ratings with other members.
          .map(({ products, ...published }) => published),
    });
  }
  return found.sort((a, b) => compareText(a.namespace.name, b.namespace.name));
}

/**
 * Returns the lists that are published as a whole: those that a scan updates. A list of exploited vulnerabilities also states which are not
 * exploited, so a part of it would be wrong. The scores of EPSS change daily for all vulnerabilities.
 */
export async function publishableLists({
  store,
  extensions,
}: PublishDeps): Promise<readonly PublishableNamespace[]> {
  const states = await store.advisories.findFeedStates();
  return extensions.enrichers.filter(isWholeList).flatMap(({ name }) => {
    const loaded = states.filter(({ source, presence }) => source === name && presence === 'loaded');
    if (loaded.length === 0) return [];
    return [
      {
        namespace: { name, versionScheme: '' },
        feeds: [],
        states: loaded,
        isSplit: false,
        records: recordsOfList(),
        ratingsOf: async () => [],
        list: ratingsInFeeds(loaded, store),
      },
    ];
  });
}

async function* recordsOfList(): AsyncGenerator<ShardRecord> {
  // A list of ratings has no advisories.
}

async function* ratingsInFeeds(
  feeds: readonly FeedName[],
  { enrichments }: Pick<Store, 'enrichments'>,
): AsyncGenerator<FeedEnrichment> {
  for (const { source, feed } of feeds)
    for (let after: string | undefined; ; ) {
      const page = await enrichments.pageByFeed(
        { source, feed },
        { limit: pageRecords, ...(after !== undefined && { after }) },
      );
      for (const rating of page) yield { ...rating, source, feed };
      after = page.at(-1)?.id;
      if (after === undefined || page.length < pageRecords) break;
    }
}

/** Returns the states of the lists whose ratings are published with the advisories. */
export async function publishableRatings({ store, extensions }: PublishDeps): Promise<readonly FeedState[]> {
  const names = ratingNames(extensions);
  const states = await store.advisories.findFeedStates();
  return states.filter((state) => names.has(state.source) && state.presence === 'loaded');
}

/** Returns the feeds of advisories that do not exist at their origin. */
export async function absentFeeds({ store, extensions }: PublishDeps): Promise<readonly FeedState[]> {
  const names = new Set(extensions.sources.map(({ name }) => name));
  const states = await store.advisories.findFeedStates();
  return states.filter(({ source, presence }) => presence === 'absent' && names.has(source));
}

function isPublishable({ presence }: FeedState): boolean {
  return presence === 'loaded' || presence === 'absent';
}

/** Returns the names of the enrichers whose ratings are published with the advisories. */
function ratingNames({ enrichers }: PublishDeps['extensions']): ReadonlySet<string> {
  return new Set(enrichers.filter((one) => !isWholeList(one)).map(({ name }) => name));
}

function isWholeList({ isPartOfScan }: Pick<Enricher, 'isPartOfScan'>): boolean {
  return isPartOfScan === true;
}

/** Number of records that are read at a time. */
const pageRecords = 500;

/** Yields the part of each record about the namespace. */
async function* recordsOf(
  { name }: Namespace,
  sources: ReadonlySet<string>,
  { store }: PublishDeps,
): AsyncGenerator<ShardRecord> {
  for (let after = 0; ; ) {
    const page = await store.vulnerabilities.pageByNamespace(name, { limit: pageRecords, after });
    const records = await store.vulnerabilities.findByNumbers(page.map(({ number }) => number));
    for (const { number, validTo, affected, ...record } of records)
      if (sources.has(record.source))
        yield {
          ...record,
          affected: affected.flatMap((row, position) =>
            row.namespace.name === name ? [{ ...row, position }] : [],
          ),
        };
    const last = page.at(-1);
    if (last === undefined || page.length < pageRecords) return;
    after = last.number;
  }
}
