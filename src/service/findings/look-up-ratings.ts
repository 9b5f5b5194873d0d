import { ClairError, messageOf } from '../../kit/errors.ts';
import { limits } from '../../kit/limits.ts';
import { ratingOfEnrichments } from '../../match/rate.ts';
import type { FeedClient } from '../../plugin/advisory-source.ts';
import type { DocumentEnricher, Enricher } from '../../plugin/enricher.ts';
import type { LookupAnswer, StoredEnrichment } from '../../store/store.ts';
import { type FeedOutcome, type UpdatingRoom, updateFeeds } from '../feeds/update-feeds.ts';
import type { AskedDocuments } from './ask-for-documents.ts';
import type { FoundIds, LookedUpRatings } from './assess-packages.ts';

/** Looking up ratings takes this. */
export interface LookupDeps {
  /** How feeds are brought up to date. */
  readonly updating: Omit<UpdatingRoom, 'client' | 'youngerThanMs'>;
  /** The enrichers whose feeds a scan keeps current. */
  readonly enrichers: readonly Enricher[];
  /** The documents that are looked up one by one; a reason where there are none. */
  readonly documents: DocumentEnricher | { readonly reason: string };
  /** Makes the client for one feed, and for one document. Both give up with the signal. */
  readonly feedClient: (signal: AbortSignal) => FeedClient;
  readonly documentClient: (signal: AbortSignal) => FeedClient;
  /** Whether it is worth remembering that a document is not there: asking again is not free. */
  readonly remembersAbsence: boolean;
}

const dayMs = 24 * 3_600_000;
/** How long a document that rates a CVE is used before it is asked for again. */
const ratedForMs: number = 7 * dayMs;
/** How long a CVE without a rating, and the feeds of the day, are left alone. */
const currentForMs: number = dayMs;

/**
 * Looks up ratings for findings that have none: a document for each, and the feeds of the day for all. Bounded in time: what has not come
 * by then is counted as not fetched. Fails for nothing that comes from outside.
 */
export async function lookUpRatings(found: FoundIds, deps: LookupDeps): Promise<LookedUpRatings> {
  const stop = new AbortController();
  const timer = setTimeout(() => {
    const seconds = limits.lookupsMs / 1000;
    stop.abort(new ClairError('feed-unavailable', `it took longer than ${seconds} s`));
  }, limits.lookupsMs);
  try {
    const [daily, documents] = await Promise.all([
      updateDaily(deps, stop.signal),
      lookUpDocuments(found, deps, stop.signal),
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

interface Daily {
  readonly isChanged: boolean;
  readonly reasons: readonly string[];
}

/** Brings the feeds of the day up to date, all at the same time. */
async function updateDaily(
  { updating, enrichers, feedClient }: LookupDeps,
  signal: AbortSignal,
): Promise<Daily> {
  const feeds = enrichers
    .filter(({ isPartOfScan }) => isPartOfScan === true)
    .flatMap((source) => source.feeds.map((feed) => ({ source, feed })));
  const room: UpdatingRoom = {
    ...updating,
    client: feedClient(signal),
    youngerThanMs: currentForMs,
    patienceMs: limits.lookupsMs,
  };
  const results = await Promise.allSettled(feeds.map((feed) => updateFeeds([feed], room)));
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

interface Documents {
  readonly enrichments: readonly StoredEnrichment[];
  readonly reasons: readonly string[];
}

async function lookUpDocuments(found: FoundIds, deps: LookupDeps, signal: AbortSignal): Promise<Documents> {
  const { documents, updating } = deps;
  const missing = missingIn(found, 'reason' in documents ? undefined : documents.name);
  if (missing.length === 0) return { enrichments: [], reasons: [] };
  if ('reason' in documents) return { enrichments: [], reasons: [documents.reason] };
  const ids = missing.filter((id) => documents.urlsOf(id).length > 0);
  const before = await updating.store.enrichments.lookedUp(ids);
  const wanted = ids.filter((id) => !isFresh(before.get(id), documents, updating));
  if (wanted.length === 0) return { enrichments: [], reasons: [] };
  const { askForDocuments } = await import('./ask-for-documents.ts');
  const asked = await askForDocuments(wanted.slice(0, limits.lookupsPerScan), {
    enricher: documents,
    client: deps.documentClient,
    signal,
    onProgress: updating.onProgress,
  });
  const answers = toAnswers(asked, { ...deps, documents });
  const kept = await keep(answers, deps);
  return {
    enrichments: answers.flatMap(({ source, enrichment }) =>
      enrichment === null ? [] : { source, ...enrichment },
    ),
    reasons: [...reasonsOf(asked, wanted, (id) => isRated(before.get(id))), ...kept],
  };
}

/** The ids that nothing rates but documents of earlier lookups, in one order. */
function missingIn({ unrated, enrichments }: FoundIds, documents: string | undefined): string[] {
  return [...unrated]
    .filter((id) => {
      const others = (enrichments.get(id) ?? []).filter(({ source }) => source !== documents);
      return ratingOfEnrichments(others) === undefined;
    })
    .sort();
}

/** Whether an answer is young enough, of the same place and as this program would read it. */
function isFresh(
  answer: LookupAnswer | undefined,
  { name, version }: DocumentEnricher,
  { now, origin }: LookupDeps['updating'],
): boolean {
  if (answer === undefined) return false;
  const isComparable = answer.source === name && answer.sourceVersion === version && answer.origin === origin;
  const ageMs = now().getTime() - Date.parse(answer.askedAt);
  return isComparable && ageMs >= 0 && ageMs < (isRated(answer) ? ratedForMs : currentForMs);
}

function isRated(answer: LookupAnswer | undefined): boolean {
  return answer?.enrichment != null && ratingOfEnrichments([answer.enrichment]) !== undefined;
}

function toAnswers(
  { read, absent }: AskedDocuments,
  {
    documents: { name, version },
    updating: { now, origin },
    remembersAbsence,
  }: LookupDeps & { readonly documents: DocumentEnricher },
): LookupAnswer[] {
  const asked = { source: name, sourceVersion: version, origin, askedAt: now().toISOString() };
  return [
    ...read.map((enrichment) => ({ ...asked, id: enrichment.id, enrichment })),
    ...(remembersAbsence ? absent.map((id) => ({ ...asked, id, enrichment: null })) : []),
  ];
}

/** Keeps answers for the next scan; a database that cannot be written does not cost this scan its ratings. */
async function keep(answers: readonly LookupAnswer[], { updating }: LookupDeps): Promise<string[]> {
  try {
    await updating.store.enrichments.saveLookups(answers);
    return [];
  } catch (error) {
    if (!(error instanceof ClairError)) throw error;
    return [`ratings could not be kept for the next scan: ${error.message}`];
  }
}

/** Why ratings are missing. A rating of an earlier lookup that could not be renewed is not missing. */
function reasonsOf(
  { unfetched, unreadable }: AskedDocuments,
  wanted: readonly string[],
  isKnown: (id: string) => boolean,
): string[] {
  const reasons: string[] = [];
  const missing = unfetched.ids.filter((id) => !isKnown(id)).length;
  if (missing > 0)
    reasons.push(
      `${missing} of ${wanted.length} ratings could not be fetched: ${unfetched.reason}; try again later`,
    );
  const unknown = unreadable.filter(({ id }) => !isKnown(id));
  const [first] = unknown;
  if (first !== undefined)
    reasons.push(
      `${unknown.length} of ${wanted.length} ratings could not be read, the first of ${first.id}: ${first.reason}`,
    );
  const left = wanted.length - limits.lookupsPerScan;
  if (left > 0) reasons.push(`${left} ratings were not asked for: a scan asks for ${limits.lookupsPerScan}`);
  return reasons;
}

/** The words of a failure without the advice that a feed gives with it. */
function reasonOf(error: ClairError): string {
  return error.cause instanceof Error && error.cause.name === 'HttpError'
    ? error.cause.message
    : error.message;
}
