import { withFeedErrors } from '../../core/corrupt-feed.ts';
import { zipEntries } from '../../kit/zip/entries.ts';
import { cvssSeverity } from '../../model/cvss.ts';
import { packageName } from '../../model/package-name.ts';
import type { Affected, FeedRecord, Fetched, Severity, VersionScheme } from '../../plugin/index.ts';
import { type ArchivedRecord, isSkipped } from '../archived-record.ts';
import { vendorSeverity } from '../vendor-severity.ts';
import { activeRecords } from './active-records.ts';
import { advisoryOf } from './advisory.ts';
import type { Ecosystem } from './ecosystems.ts';
import { commonOf, type OsvEntry, type OsvRecord, rowsOfEntry, textIn, vectorsOf } from './record.ts';

/** An ecosystem about to be read. */
export interface EcosystemFeed extends Ecosystem {
  /** Its name in OSV. */
  readonly feed: string;
  readonly scheme: VersionScheme;
}

/** The vulnerabilities of an ecosystem's archive, which holds a file for each. */
export function readEcosystem(ecosystem: EcosystemFeed, content: Fetched): AsyncGenerator<FeedRecord> {
  const files = zipEntries(content.body, (path) => path.endsWith('.json'));
  return withFeedErrors({ source: 'osv', feed: ecosystem.feed, content }, readRecords(ecosystem, files));
}

/** The vulnerabilities of an ecosystem, from files of one OSV record each. */
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

/** `Packagist`, and `Packagist:https://packages.drupal.org/8` of packages that come from another registry than usual. */
function isOf({ feed }: EcosystemFeed, ecosystem: string): boolean {
  return ecosystem === feed || ecosystem.startsWith(`${feed}:`);
}

/** RustSec also tells of crates that nobody maintains. That is no vulnerability. */
function isInformational({ database_specific }: OsvEntry): boolean {
  return textIn(database_specific, 'informational') !== undefined;
}

function rowsOf({ namespace, versionScheme, scheme }: EcosystemFeed, entry: OsvEntry): Affected[] {
  const packageKey = {
    namespace: { name: namespace, versionScheme },
    package: packageName(namespace, entry.package?.name ?? ''),
    scheme,
  };
  const severity = firstKnown(vectorsOf('osv', entry).map(cvssSeverity));
  const rows = rowsOfEntry(entry, packageKey);
  return severity === undefined ? rows : rows.map((row) => ({ ...row, severity }));
}

/** The word of whoever wrote the advisory, else what the vectors come to; a package made to do harm is critical. */
function severityOfRecord(record: OsvRecord): Severity {
  if (record.id.startsWith('MAL-')) return 'Critical';
  const word = vendorSeverity(textIn(record.database_specific, 'severity'));
  if (word !== 'Unknown') return word;
  return firstKnown(vectorsOf('osv', record).map(cvssSeverity)) ?? 'Unknown';
}

/** The first that is known: vendors put the vector of the newest version of CVSS where its score cannot be told last. */
function firstKnown(severities: readonly Severity[]): Severity | undefined {
  return severities.find((severity) => severity !== 'Unknown');
}

function linksOf({ id, references }: OsvRecord): string[] {
  const advisories = (references ?? []).filter(({ type }) => type === 'ADVISORY').map(({ url }) => url);
  return [...new Set([`https://osv.dev/vulnerability/${id}`, ...advisories])];
}
