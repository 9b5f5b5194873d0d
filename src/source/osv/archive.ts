import { UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { zipEntries } from '../../kit/zip/entries.ts';
import { severityOfVectors } from '../../model/cvss.ts';
import { packageName } from '../../model/package-name.ts';
import type {
  Affected,
  FeedRecord,
  FetchedFeed,
  Severity,
  SkippedRecord,
  VersionScheme,
} from '../../plugin/index.ts';
import { type ArchivedRecord, isSkipped, readRecord } from '../archived-record.ts';
import { vendorSeverity } from '../vendor-values.ts';
import { advisoryOf } from './advisory.ts';
import type { Ecosystem } from './ecosystems.ts';
import {
  commonOf,
  type OsvEntry,
  type OsvRecord,
  osvRecord,
  type PackageKey,
  rowsOfEntry,
  textIn,
  vectorsOf,
} from './record.ts';

/** A feed to be read. */
export interface EcosystemFeed {
  readonly feed: string;
  /** Its ecosystems by their names in OSV. */
  readonly ecosystems: ReadonlyMap<string, Ecosystem>;
  readonly schemes: readonly VersionScheme[];
}

/** Yields the vulnerabilities of an ecosystem's archive, which has one file per record. */
export function readEcosystem(feed: EcosystemFeed, content: FetchedFeed): AsyncGenerator<FeedRecord> {
  const files = zipEntries(content.body, (path) => path.endsWith('.json'));
  return withFeedErrors({ source: 'osv', feed: feed.feed, content }, readRecords(feed, files));
}

/** Yields the vulnerabilities of an ecosystem from files with one OSV record each. */
export async function* readRecords(
  feed: EcosystemFeed,
  files: AsyncIterable<ArchivedRecord>,
): AsyncGenerator<FeedRecord> {
  for await (const record of activeRecords(files)) {
    if (isSkipped(record)) yield record;
    else yield* vulnerability(feed, record);
  }
}

function* vulnerability(feed: EcosystemFeed, record: OsvRecord): Generator<FeedRecord> {
  const entries = (record.affected ?? []).flatMap((entry) => {
    const ecosystem = ecosystemIn(feed, entry.package?.ecosystem ?? '');
    return ecosystem === undefined || isInformational(entry) ? [] : [{ entry, ecosystem }];
  });
  if (entries.length === 0) return;
  const advisory = {
    ...commonOf(record),
    aliases: (record.aliases ?? []).filter((alias) => alias !== record.id),
    links: linksOf(record),
    severity: severityOfRecord(record),
    cvss: vectorsOf('osv', record),
  };
  yield* advisoryOf(
    advisory,
    entries.map(({ entry, ecosystem }) => ({ entry, rows: rowsOf(feed, ecosystem, entry) })),
  );
}

/** Finds `Packagist`, also for `Packagist:https://packages.drupal.org/8` of packages from another registry. */
function ecosystemIn({ ecosystems }: EcosystemFeed, name: string): Ecosystem | undefined {
  const exact = ecosystems.get(name);
  if (exact !== undefined) return exact;
  return [...ecosystems].find(([known]) => name.startsWith(`${known}:`))?.[1];
}

/** Returns whether RustSec only reports an unmaintained crate, which is not a vulnerability. */
function isInformational({ database_specific }: OsvEntry): boolean {
  return textIn(database_specific, 'informational') !== undefined;
}

function rowsOf(
  { schemes }: EcosystemFeed,
  { namespace, versionScheme }: Ecosystem,
  entry: OsvEntry,
): Affected[] {
  const scheme = schemes.find(({ name }) => name === versionScheme);
  if (scheme === undefined) throw new Error(`no version scheme ${versionScheme} for ${namespace}`);
  const packageKey = {
    namespace: { name: namespace, versionScheme },
    package: packageName(namespace, entry.package?.name ?? ''),
    scheme,
  };
  const severity = severityOfVectors(vectorsOf('osv', entry));
  const stated = rowsOfEntry(entry, packageKey);
  const rows = stated.length === 0 && packageKey.package !== '' ? [undecidedRow(packageKey)] : stated;
  return severity === 'Unknown' ? rows : rows.map((row) => ({ ...row, severity }));
}

/** Returns the row of a package whose affected versions an advisory does not state: it names commits only, or nothing. */
function undecidedRow({ namespace, package: name }: PackageKey): Affected {
  return { namespace, package: name, range: {}, fix: { state: 'under-investigation' } };
}

/** Returns the severity that the advisory states, or else that of its vectors. Malicious packages are critical. */
function severityOfRecord(record: OsvRecord): Severity {
  if (record.id.startsWith('MAL-')) return 'Critical';
  const word = vendorSeverity(textIn(record.database_specific, 'severity'));
  if (word !== 'Unknown') return word;
  return severityOfVectors(vectorsOf('osv', record));
}

function linksOf({ id, references }: OsvRecord): string[] {
  const advisories = (references ?? []).filter(({ type }) => type === 'ADVISORY').map(({ url }) => url);
  return [...new Set([`https://osv.dev/vulnerability/${id}`, ...advisories])];
}

/**
 * Yields the records of an archive with one file per record, except withdrawn ones. Throws `UnexpectedContent` if the
 * archive has no record.
 */
export async function* activeRecords(
  files: AsyncIterable<ArchivedRecord>,
): AsyncGenerator<OsvRecord | SkippedRecord> {
  let count = 0;
  for await (const file of files) {
    count++;
    const record = readRecord(osvRecord, file);
    if (isSkipped(record) || !record.withdrawn) yield record;
  }
  if (count === 0) throw new UnexpectedContent('its end', 'it holds no record');
}
