import { dayMs } from '../../core/duration.ts';
import { ClairError, messageOf } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { ratingOfEnrichments } from '../../match/rate.ts';
import type { FeedClient } from '../../plugin/advisory-source.ts';
import type { DocumentEnricher, Enricher } from '../../plugin/enricher.ts';
import type { LookupResult, StoredEnrichment } from '../../store/enrichment-store.ts';
import type { ScopedFeedState } from '../../store/feed-state.ts';
import { publishedPrefix } from '../feeds/published-feed.ts';
import { type FeedOutcome, type UpdateFeedsDeps, updateFeeds } from '../feeds/update-feeds.ts';
import type { RatingLookupRequest, RatingLookupResult } from './assess-packages.ts';
import type { FetchedDocuments } from './fetch-documents.ts';

/** Dependencies of `lookUpRatings`. */
export interface RatingLookupDeps {
  /** Dependencies of feed updates. */
  readonly updating: Omit<UpdateFeedsDeps, 'client' | 'maxAgeMs'>;
  /** Enrichers whose feeds are updated during a scan. */
  readonly enrichers: readonly Enricher[];
  /**
   * Enricher whose documents are fetched one by one, or the reason why they are not. Feeds of its name have the same documents: nothing is
   * fetched that they answer.
   */
  readonly documents: DocumentEnricher | { readonly name: string; readonly reason: string };
  /** Return the client for one feed and for one document. Both abort with the signal. */
  readonly feedClient: (signal: AbortSignal) => FeedClient;
  readonly documentClient: (signal: AbortSignal) => FeedClient;
  /** Whether to store that a document does not exist. False if a request for it costs nothing. */
  readonly cachesAbsence: boolean;
}

/** Time that a rating from a document is used before it is fetched again, in milliseconds. */
const ratedForMs: number = 7 * dayMs;
/** Time until a CVE without a rating, or a daily feed, is fetched again, in milliseconds. */
const currentForMs: number = dayMs;

/**
 * Looks up ratings for findings without one: a document for each finding, and the daily feeds. Stops after a time limit; what is missing by
 * then counts as not fetched. External failures become reasons and do not throw.
 */
export async function lookUpRatings(
  request: RatingLookupRequest,
  deps: RatingLookupDeps,
): Promise<RatingLookupResult> {
  const stop = new AbortController();
  const timer = setTimeout(() => {
    const seconds = limits.lookupsMs / 1000;
    stop.abort(new ClairError('feed-unavailable', `it took longer than ${seconds} s`));
  }, limits.lookupsMs);
  try {
    const [daily, documents] = await Promise.all([
      updateDaily(deps, stop.signal),
      lookUpDocuments(request, deps, stop.signal),
    ]);
    const reasons = [...documents.reasons, ...daily.reasons];
    return {
      isStoreChanged: daily.isChanged,
      enrichments: documents.enrichments,
      reason: reasons.length === 0 ? null : reasons.join('; '),
    };
  } finally {
    clearTimeout(timer);
  }
}

interface DailyUpdate {
  readonly isChanged: boolean;
  readonly reasons: readonly string[];
}

/** Updates the daily feeds concurrently. Those of a published database are used as they are. */
async function updateDaily(
  { updating, enrichers, feedClient }: RatingLookupDeps,
  signal: AbortSignal,
): Promise<DailyUpdate> {
  const published = (await updating.store.advisories.findFeedStates()).filter(({ namespaces }) => namespaces);
  const feeds = enrichers
    .filter(({ isPartOfScan }) => isPartOfScan === true)
    .flatMap((source) => source.feeds.map((feed) => ({ source, feed })))
    .filter(({ source, feed }) => !published.some((one) => one.source === source.name && one.feed === feed));
  const deps: UpdateFeedsDeps = {
    ...updating,
    client: feedClient(signal),
    maxAgeMs: currentForMs,
    lockWaitMs: limits.lookupsMs,
  };
  const results = await Promise.allSettled(feeds.map((feed) => updateFeeds([feed], deps)));
  const outcomes = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  return {
    isChanged: outcomes.some(({ outcome }) => outcome === 'updated'),
    reasons: results.flatMap((result, index) => {
      const name = feeds[index]?.source.name ?? '';
      if (result.status === 'rejected') return [`${name} could not be updated: ${messageOf(result.reason)}`];
      return result.value.flatMap(failureOf);
    }),
  };
}

function failureOf(outcome: FeedOutcome): string[] {
  if (outcome.outcome !== 'failed') return [];
  return [`${outcome.source.name} could not be updated: ${reasonOf(outcome.error)}`];
}

interface DocumentLookup {
  readonly enrichments: readonly StoredEnrichment[];
  readonly reasons: readonly string[];
}

async function lookUpDocuments(
  request: RatingLookupRequest,
  deps: RatingLookupDeps,
  signal: AbortSignal,
): Promise<DocumentLookup> {
  const { documents, updating } = deps;
  const missing = await missingIn(request, deps);
  if (missing.length === 0) return { enrichments: [], reasons: [] };
  if ('reason' in documents) return { enrichments: [], reasons: [documents.reason] };
  const ids = missing.filter((id) => documents.urlsOf(id).length > 0);
  const before = await updating.store.enrichments.findLookups(ids);
  const wanted = ids.filter((id) => !isFresh(before.get(id), documents, updating));
  if (wanted.length === 0) return { enrichments: [], reasons: [] };
  const { fetchDocuments } = await import('./fetch-documents.ts');
  const fetched = await fetchDocuments(wanted.slice(0, limits.lookupsPerScan), {
    enricher: documents,
    client: deps.documentClient,
    signal,
    onProgress: updating.onProgress,
  });
  const answers = toAnswers(fetched, { ...deps, documents });
  const saveErrors = await saveAnswers(answers, deps);
  return {
    enrichments: answers.flatMap(({ source, enrichment }) =>
      enrichment === null ? [] : { source, ...enrichment },
    ),
    reasons: [...reasonsOf(fetched, wanted, (id) => isRated(before.get(id))), ...saveErrors],
  };
}

/** Returns the ids that have no rating except from documents of earlier lookups, and no answer of a loaded list, sorted. */
async function missingIn(
  request: RatingLookupRequest,
  { documents, updating: { store, now } }: RatingLookupDeps,
): Promise<string[]> {
  const unrated = unratedByOthers(request, documents.name);
  if (unrated.length === 0) return [];
  const states = await store.advisories.findFeedStates();
  const lists = states.filter(({ source, presence }) => source === documents.name && presence === 'loaded');
  const isAnswered = (id: string): boolean => {
    const listed = (request.enrichments.get(id) ?? []).filter(({ source }) => source === documents.name);
    const validMs = ratingOfEnrichments(listed) === undefined ? currentForMs : ratedForMs;
    const namespaces = request.unrated.get(id);
    const answers = lists.filter((list) => listed.length > 0 || isComplete(list, namespaces));
    return answers.some(({ checkedAt }) => isWithin(checkedAt, validMs, now()));
  };
  return unrated.filter((id) => !isAnswered(id));
}

function unratedByOthers({ unrated, enrichments }: RatingLookupRequest, documents: string): string[] {
  return [...unrated.keys()]
    .filter((id) => {
      const others = (enrichments.get(id) ?? []).filter(({ source }) => source !== documents);
      return ratingOfEnrichments(others) === undefined;
    })
    .sort();
}

/**
 * Whether a list has every record that exists for the vulnerabilities of a namespace: a list from upstream does, and one that is published
 * with the namespace. A database that took a published list over has the records of the published namespaces only.
 */
function isComplete(
  { namespaces: scope, fingerprint }: ScopedFeedState,
  found: ReadonlySet<string> = new Set(),
): boolean {
  return scope?.some((name) => found.has(name)) ?? !fingerprint.startsWith(publishedPrefix);
}

function isWithin(time: string, ms: number, now: Date): boolean {
  const ageMs = now.getTime() - Date.parse(time);
  return ageMs >= 0 && ageMs < ms;
}

/** Whether a stored answer is recent enough, from the same origin, and from the same version of the enricher. */
function isFresh(
  answer: LookupResult | undefined,
  { name, version }: DocumentEnricher,
  { now, origin }: RatingLookupDeps['updating'],
): boolean {
  if (answer === undefined) return false;
  const isComparable = answer.source === name && answer.sourceVersion === version && answer.origin === origin;
  return isComparable && isWithin(answer.askedAt, isRated(answer) ? ratedForMs : currentForMs, now());
}

function isRated(answer: LookupResult | undefined): boolean {
  return answer?.enrichment != null && ratingOfEnrichments([answer.enrichment]) !== undefined;
}

function toAnswers(
  { read, absent }: FetchedDocuments,
  {
    documents: { name, version },
    updating: { now, origin },
    cachesAbsence,
  }: RatingLookupDeps & { readonly documents: DocumentEnricher },
): LookupResult[] {
  const common = { source: name, sourceVersion: version, origin, askedAt: now().toISOString() };
  return [
    ...read.map((enrichment) => ({ ...common, id: enrichment.id, enrichment })),
    ...(cachesAbsence ? absent.map((id) => ({ ...common, id, enrichment: null })) : []),
  ];
}

/** Stores answers for the next scan. If the database cannot be written, the scan still uses them. */
async function saveAnswers(
  answers: readonly LookupResult[],
  { updating }: RatingLookupDeps,
): Promise<string[]> {
  try {
    await updating.store.enrichments.saveLookups(answers);
    return [];
  } catch (error) {
    if (!(error instanceof ClairError)) throw error;
    return [`ratings could not be stored for the next scan: ${error.message}`];
  }
}

/** Returns the reasons for missing ratings. An earlier rating that could not be renewed is not missing. */
function reasonsOf(
  { unfetched, unreadable }: FetchedDocuments,
  wanted: readonly string[],
  hasEarlierRating: (id: string) => boolean,
): string[] {
  const reasons: string[] = [];
  const missing = unfetched.ids.filter((id) => !hasEarlierRating(id)).length;
  if (missing > 0)
    reasons.push(
      `${missing} of ${wanted.length} ratings could not be fetched: ${unfetched.reason}; try again later`,
    );
  const unrated = unreadable.filter(({ id }) => !hasEarlierRating(id));
  const [first] = unrated;
  if (first !== undefined)
    reasons.push(
      `${unrated.length} of ${wanted.length} ratings could not be read, the first of ${first.id}: ${first.reason}`,
    );
  const left = wanted.length - limits.lookupsPerScan;
  if (left > 0)
    reasons.push(`${left} ratings were not requested: a scan requests at most ${limits.lookupsPerScan}`);
  return reasons;
}

/** Returns the message of a failure, without the advice of the feed error. */
function reasonOf(error: ClairError): string {
  return error.cause instanceof Error && error.cause.name === 'HttpError'
    ? error.cause.message
    : error.message;
}
