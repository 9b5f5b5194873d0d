import type { CatalogueFeed } from '../../advisory-db/documents.ts';
import type { FeedState } from '../../store/feed-state.ts';

/** Returns the state of a feed as a catalogue has it. */
export function toCatalogueFeed(state: FeedState): CatalogueFeed {
  const { source, feed, origin, fetchedAt, checkedAt, contentDate, contentEvidence, records } = state;
  const { contentModel } = state;
  return {
    source,
    feed,
    origin,
    fetchedAt,
    checkedAt,
    contentDate,
    contentEvidence,
    records,
    ...(contentModel !== undefined && { contentModel }),
    version: state.sourceVersion,
    presence: state.presence === 'loaded' ? 'loaded' : 'absent',
    newest: state.newestAdvisory,
    skipped: state.skipped.count,
    kept: [...state.kept],
  };
}

/** Returns the state of a feed that a catalogue has. */
export function fromCatalogueFeed(entry: CatalogueFeed): FeedState {
  const { version, newest, skipped, contentModel, ...state } = entry;
  return {
    ...state,
    ...(contentModel !== undefined && { contentModel }),
    sourceVersion: version,
    newestAdvisory: newest,
    fingerprint: '',
    skipped: { count: skipped, sample: [] },
    lastFailure: null,
  };
}
