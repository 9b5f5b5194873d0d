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

/** An ecosystem to be read. */
export interface EcosystemFeed extends Ecosystem {
  /** Its name in OSV. */
  readonly feed: string;
  readonly scheme: VersionScheme;
}

/** Yields the vulnerabilities of an ecosystem's archive, which has one file per record. */
export function readEcosystem(ecosystem: EcosystemFeed, content: FetchedFeed): AsyncGenerator<FeedRecord> {
  const files = zipEntries(content.body, (path) => path.endsWith('.json'));
  return withFeedErrors({ source: 'osv', feed: ecosystem.feed, content }, readRecords(ecosystem, files));
}

/** Yields the vulnerabilities of an ecosystem from files with one OSV record each. */
export async function* readRecords(
  ecosystem: EcosystemFeed,
  files: AsyncIterable<ArchivedRecord>,
): AsyncGenerator<FeedRecord> {
  for await (const record of activeRecords(files)) {
    if (isSkipped(record)) yield record;
    else yield* vulnerability(ecosystem, record);
  }
}

function* vulnerability(ecosystem: EcosystemFeed, record: OsvRecord): Generator<FeedRecord> {
  const entries = (record.affected ?? []).filter(
    (entry) => isOf(ecosystem, entry.package?.ecosystem ?? '') && !isInformational(entry),
  );
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
    entries.map((entry) => ({ entry, rows: rowsOf(ecosystem, entry) })),
  );
}

/** Matches `Packagist`, and `Packagist:https://packages.drupal.org/8` of packages from another registry. */
function isOf({ feed }: EcosystemFeed, ecosystem: string): boolean {
  return ecosystem === feed || ecosystem.startsWith(`${feed}:`);
}

/** Returns whether RustSec only reports an unmaintained crate, which is not a vulnerability. */
function isInformational({ database_specific }: OsvEntry): boolean {
  return textIn(database_specific, 'informational') !== undefined;
}

function rowsOf({ namespace, versionScheme, scheme }: EcosystemFeed, entry: OsvEntry): Affected[] {
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
