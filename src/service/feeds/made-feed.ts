import { hash } from 'node:crypto';
import { compareText } from '../../model/order.ts';
import type { FetchResult, MadeOfFeed } from '../../plugin/advisory-source.ts';
import type { FeedState } from '../../store/feed-state.ts';
import type { Store } from '../../store/store.ts';
import { publishedPrefix } from './published-feed.ts';

/** Number of statements that are read at a time. */
const pageRecords = 500;

/** Dependencies of `makeFeed`. */
export interface MakeFeedDeps {
  readonly store: Pick<Store, 'advisories' | 'enrichments'>;
}

/** The content of a made feed, and when the lists were last checked, ISO 8601: the earliest of these times. */
export interface MadeFeed {
  readonly fetched: FetchResult;
  /** Absent if lists are missing. */
  readonly checkedAt?: string;
}

/**
 * Makes a feed of what stored lists state about products: an array of `{"id", "products"}` in the order of the lists, with the oldest date
 * of the lists as `{"dated"}` before it. Returns `absent` if a list was never loaded, or comes from a published database, which has only a
 * part of it; `unchanged` if the lists are those of the last fingerprint.
 */
export async function makeFeed(
  madeOf: readonly MadeOfFeed[],
  lastFingerprint: string | undefined,
  { store }: MakeFeedDeps,
): Promise<MadeFeed> {
  const states = await store.advisories.findFeedStates();
  const lists = listsOf(madeOf, states);
  if (lists === undefined) return { fetched: 'absent' };
  const identity = lists.map(({ source, feed, sourceVersion, fingerprint }) =>
    [source, feed, sourceVersion, fingerprint].join('\n'),
  );
  const fingerprint = hash('sha256', identity.join('\n\n'), 'hex');
  const [checkedAt = ''] = lists.map((list) => list.checkedAt).sort(compareText);
  if (fingerprint === lastFingerprint) return { fetched: 'unchanged', checkedAt };
  const url = `the stored lists ${[...new Set(lists.map(({ source }) => source))].join(' and ')}`;
  return { fetched: { url, fingerprint, body: encoded(elementsOf(lists, store)) }, checkedAt };
}

/** Returns the states of the lists with content. Undefined if they are not complete, apart from optional ones. */
function listsOf(madeOf: readonly MadeOfFeed[], states: readonly FeedState[]): FeedState[] | undefined {
  const found = madeOf.map(({ isOptional, ...name }) => ({ isOptional, state: wholeList(name, states) }));
  const isComplete = found.every(({ isOptional, state }) => isOptional || state !== undefined);
  if (!isComplete) return undefined;
  const loaded = found.flatMap(({ state }) => (state?.presence === 'loaded' ? [state] : []));
  const sources = new Set(loaded.map(({ source }) => source));
  return madeOf.every(({ source, isOptional }) => isOptional || sources.has(source)) ? loaded : undefined;
}

function wholeList({ source, feed }: MadeOfFeed, states: readonly FeedState[]): FeedState | undefined {
  return states.find((state) => state.source === source && state.feed === feed && isWholeList(state));
}

function isWholeList({ presence, fingerprint }: FeedState): boolean {
  return presence === 'absent' || (presence === 'loaded' && !fingerprint.startsWith(publishedPrefix));
}

async function* elementsOf(
  lists: readonly FeedState[],
  { enrichments }: Pick<Store, 'enrichments'>,
): AsyncGenerator<object> {
  const dates = lists.flatMap(({ contentDate }) => contentDate ?? []);
  const [dated] = dates.sort(compareText);
  if (dated !== undefined) yield { dated };
  for (const { source, feed } of lists)
    for (let after: string | undefined; ; ) {
      const page = await enrichments.pageWithProducts(
        { source, feed },
        { limit: pageRecords, ...(after !== undefined && { after }) },
      );
      for (const { id, products } of page) yield { id, products };
      after = page.at(-1)?.id;
      if (after === undefined || page.length < pageRecords) break;
    }
}

async function* encoded(elements: AsyncIterable<object>): AsyncGenerator<Uint8Array> {
  let separator = '[';
  for await (const element of elements) {
    yield Buffer.from(separator + JSON.stringify(element));
    separator = ',\n';
  }
  yield Buffer.from(separator === '[' ? '[]' : ']');
}
