import { severityOfVectors } from '../../model/cvss.ts';
import { packageName } from '../../model/package-name.ts';
import type {
  Affected,
  FeedDocument,
  FeedRecord,
  FetchedFeed,
  Severity,
  SkippedRecord,
  VersionScheme,
} from '../../plugin/index.ts';
import { type ArchivedRecord, isSkipped, readRecord } from '../archived-record.ts';
import { withDocumentErrors, zippedDocuments } from '../feed-documents.ts';
import { vendorSeverity } from '../vendor-values.ts';
import { advisoryOf } from './advisory.ts';
import type { Ecosystem } from './ecosystems.ts';
import {
  commonOf,
  importsOf,
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

/** Yields the files of an ecosystem's archive, which has one file per record. */
export function ecosystemDocuments(feed: EcosystemFeed, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  const documents = zippedDocuments(content, (file) => readOsvFile(feed, file));
  return withDocumentErrors({ source: 'osv', feed: feed.feed, content }, documents);
}

/** Yields the vulnerability of an ecosystem from a file with one OSV record. */
export function* readOsvFile(feed: EcosystemFeed, file: ArchivedRecord): Generator<FeedRecord> {
  const record = readActiveRecord(file);
  if (isSkipped(record)) yield record;
  else if (record !== undefined) yield* vulnerability(feed, record);
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
  const imports = importsOf(entry);
  if (severity === 'Unknown' && imports === undefined) return rows;
  return rows.map((row) => ({
    ...row,
    ...(severity !== 'Unknown' && { severity }),
    ...(imports !== undefined && { only: { imports } }),
  }));
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

/** Returns the record of a file. Undefined if it is withdrawn. */
export function readActiveRecord(file: ArchivedRecord): OsvRecord | SkippedRecord | undefined {
  const record = readRecord(osvRecord, file);
  return isSkipped(record) || !record.withdrawn ? record : undefined;
}
