import { enrichVulnerability } from '../../match/enrich.ts';
import { ratingOfAdvisories } from '../../match/rate.ts';
import { isSameName, spellingsOf } from '../../model/cve.ts';
import { compareText } from '../../model/order.ts';
import type { RatingList, ReportVulnerability } from '../../model/report.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { AdvisoryEvent, RecordHistory } from '../../store/event-store.ts';
import type { Store } from '../../store/store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';
import { ratingLists } from '../findings/rating-lists.ts';
import { resolveName } from '../findings/resolve-name.ts';

/** Dependencies of `findAdvisoryPage`. */
export interface AdvisoryPageDeps {
  readonly store: Pick<
    Store,
    'vulnerabilities' | 'advisories' | 'enrichments' | 'events' | 'findingIndex' | 'findingCounts'
  >;
  readonly extensions: Pick<Extensions, 'enrichers'>;
  readonly now: () => Date;
  /** Age from which lists that were not checked are stale, in milliseconds. */
  readonly staleAfterMs: number;
}

/** The statement of a source about one package of a namespace. */
export interface SourceStatement {
  readonly namespace: string;
  readonly package: string;
  readonly range: StoredVulnerability['affected'][number]['range'];
  readonly fix: StoredVulnerability['affected'][number]['fix'];
  readonly severity: Severity;
}

/** A record of a source about a vulnerability. */
export interface SourceRecord {
  readonly source: string;
  readonly feed: string;
  /** Id of the record at its source. */
  readonly advisory: string;
  readonly title: string | null;
  /** ISO 8601. Null if the source does not say it. */
  readonly issued: string | null;
  /** At most `statementsMax`, in the order of the source. */
  readonly statements: readonly SourceStatement[];
  /** Number of further statements. */
  readonly moreStatements: number;
  /** Since when this database has the record, ISO 8601. */
  readonly since: string;
  /** Changes that matter, the newest first. */
  readonly changes: readonly Pick<AdvisoryEvent, 'number' | 'at' | 'kind' | 'changed'>[];
}

/** Statements of all sources about one vulnerability, and the number of images that have it. */
export interface AdvisoryPage extends Pick<ReportVulnerability, 'id' | 'aliases' | 'severity' | 'cvss'> {
  readonly severitySource: string | null;
  /** Probability of exploitation in the next 30 days, from 0 to 1. Null if unknown. */
  readonly epss: number | null;
  /** Share of vulnerabilities with a lower probability, from 0 to 1. Null if unknown. */
  readonly epssPercentile: number | null;
  readonly exploited: NonNullable<ReportVulnerability['exploited']>;
  readonly description: string | null;
  readonly links: readonly string[];
  readonly weaknesses: readonly string[];
  /** The loaded lists of ratings and their age: without one, nothing is known of what it would say. */
  readonly lists: readonly RatingList[];
  /** Number of images that have it, as last counted. Null before the first count. */
  readonly images: number | null;
  readonly sources: readonly SourceRecord[];
}

/** Number of statements and changes of a record that are shown. */
const statementsMax = 500;
const changesMax = 100;
/** Number of records that are read. */
const recordsMax = 200;

/**
 * Returns what sources say about a vulnerability, by any of its names in any case. Undefined if no source and no rating knows it. The cost
 * depends on the number of these records, of which it reads 200 at most.
 */
export async function findAdvisoryPage(
  name: string,
  deps: AdvisoryPageDeps,
): Promise<AdvisoryPage | undefined> {
  const { vulnerabilities, enrichments } = deps.store;
  const named = await resolveName(name, deps.store);
  const numbers = await vulnerabilities.findNumbersByNames(spellingsOf(named));
  const records = await vulnerabilities.findByNumbers(numbers.slice(0, recordsMax));
  const id = idOf(named, records);
  const rated = await enrichments.findByIds([id]);
  if (records.length === 0 && !rated.has(id)) return undefined;
  const vulnerability = enrichVulnerability(combined(id, records), {
    enrichments: rated,
    knowsExploited: true,
  });
  const { aliases, severity, severitySource = null, cvss, epss, description, links } = vulnerability;
  return {
    id,
    aliases,
    severity,
    severitySource,
    cvss,
    epss,
    description,
    links,
    exploited: vulnerability.exploited ?? [],
    weaknesses: vulnerability.weaknesses ?? [],
    epssPercentile: rated.get(id)?.find((one) => one.epss !== undefined)?.epss?.percentile ?? null,
    lists: await listsOf(deps),
    images: await imagesOf([id, ...aliases], deps),
    sources: await sourcesOf(records, deps),
  };
}

async function listsOf({ store, extensions, now, staleAfterMs }: AdvisoryPageDeps): Promise<RatingList[]> {
  const states = await store.advisories.findFeedStates();
  const options = { namespaces: [], outcomes: [], asOf: undefined, now, staleAfterMs };
  return ratingLists(extensions.enrichers, states, options);
}

/** Returns a name as its source writes it. */
function idOf(name: string, records: readonly StoredVulnerability[]): string {
  const names = records.flatMap(({ id, aliases }) => [id, ...aliases]);
  return names.find((one) => isSameName(one, name)) ?? spellingsOf(name)[1] ?? name;
}

/** Puts the records of a vulnerability together, as a finding of all of them has them. */
function combined(id: string, records: readonly StoredVulnerability[]): ReportVulnerability {
  // An advisory about an update has the vulnerabilities that it fixes as aliases, which are not the same vulnerability.
  const own = records.filter((record) => record.title === undefined || record.id === id);
  const aliases = new Set(own.flatMap((record) => [record.id, ...record.aliases]));
  aliases.delete(id);
  const rating = ratingOfAdvisories(records.map((record) => ({ ...record, severity: worstOf(record) })));
  return {
    id,
    aliases: [...aliases].sort(compareText),
    advisories: [],
    severity: rating?.severity ?? 'Unknown',
    severitySource: rating?.source ?? null,
    cvss: records.flatMap(({ cvss }) => cvss),
    description: own.find((record) => record.description)?.description ?? null,
    links: [...new Set(records.flatMap(({ links }) => links))],
    source: records[0]?.source ?? '',
    kev: null,
    epss: null,
  };
}

function worstOf({ severity, affected }: StoredVulnerability): Severity {
  const all = [severity, ...affected.flatMap((row) => row.severity ?? [])];
  return all.reduce((worst, one) => (compareSeverity(one, worst) > 0 ? one : worst));
}

/** A finding is under one of the names of its vulnerability. */
async function imagesOf(names: readonly string[], { store }: AdvisoryPageDeps): Promise<number | null> {
  const found = await store.findingIndex.findVulnerabilities(names);
  if (found.length > 0) return Math.max(...found.map(({ images }) => images));
  return (await store.findingCounts.findTotals()) === undefined ? null : 0;
}

async function sourcesOf(
  records: readonly StoredVulnerability[],
  { store }: AdvisoryPageDeps,
): Promise<SourceRecord[]> {
  const ids = [...new Set(records.map(({ id }) => id))];
  const histories = await store.events.findHistories(ids);
  const keyOf = ({ source, feed, key }: Pick<RecordHistory, 'source' | 'feed' | 'key'>): string =>
    JSON.stringify([source, feed, key]);
  const byKey = new Map(histories.map((history) => [keyOf(history), history]));
  return records
    .map((record) => sourceRecordOf(record, byKey.get(keyOf(record))))
    .sort((a, b) => compareText(a.source, b.source) || compareText(a.advisory, b.advisory));
}

function sourceRecordOf(record: StoredVulnerability, history: RecordHistory | undefined): SourceRecord {
  const { source, feed, id: advisory, title = null, issued = null, affected, severity: ofRecord } = record;
  return {
    source,
    feed,
    advisory,
    title,
    issued,
    statements: affected
      .slice(0, statementsMax)
      .map(({ namespace, package: item, range, fix, severity = ofRecord }) => ({
        namespace: namespace.name,
        package: item,
        range,
        fix,
        severity,
      })),
    moreStatements: Math.max(0, affected.length - statementsMax),
    since: history?.since ?? record.validFrom,
    changes: (history?.events ?? [])
      .slice(0, changesMax)
      .map(({ number, at, kind, changed }) => ({ number, at, kind, changed })),
  };
}
