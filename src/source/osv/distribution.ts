import type { Affected, FeedDocument, FeedRecord, FetchedFeed, Namespace } from '../../plugin/index.ts';
import { type ArchivedRecord, isSkipped } from '../archived-record.ts';
import { withDocumentErrors, zippedDocuments } from '../feed-documents.ts';
import { parseIssued, unnamedModule } from '../vendor-values.ts';
import { advisoryOf } from './advisory.ts';
import { readActiveRecord } from './archive.ts';
import {
  commonOf,
  cvesOf,
  type OsvRecord,
  rowsOfEntry,
  severityInSummary,
  titleOf,
  vectorsOf,
} from './record.ts';

/** A distribution with advisories in OSV form. */
export interface DistributionFeed {
  readonly source: string;
  readonly feed: string;
  /** Returns the namespace of an ecosystem such as `AlmaLinux:8`; undefined if the feed does not cover it. */
  readonly namespaceOf: (ecosystem: string, purl: string) => Namespace | undefined;
  readonly linkOf: (id: string) => string;
}

/** Yields the files of the OSV archive of an rpm distribution. */
export function distributionDocuments(
  feed: DistributionFeed,
  content: FetchedFeed,
): AsyncGenerator<FeedDocument> {
  const documents = zippedDocuments(content, (file) => readOsvAdvisory(feed, file));
  return withDocumentErrors({ ...feed, content }, documents);
}

/** Yields the advisory of a file with one OSV record: packages and fixed versions, without architectures. */
export function* readOsvAdvisory(feed: DistributionFeed, file: ArchivedRecord): Generator<FeedRecord> {
  const record = readActiveRecord(file);
  if (record === undefined) return;
  if (isSkipped(record)) yield record;
  else if (isSecurity(record.id)) yield* advisory(feed, record);
}

/** Returns whether an id is of a security advisory (ALSA, RLSA), not of a bug fix (ALBA) or an enhancement (ALEA). */
function isSecurity(id: string): boolean {
  return !/^[A-Z]{2}[BE]A-/.test(id);
}

function* advisory(feed: DistributionFeed, record: OsvRecord): Generator<FeedRecord> {
  const ours = (record.affected ?? []).flatMap((entry) => {
    const { ecosystem = '', purl, name = '' } = entry.package ?? {};
    const namespace = feed.namespaceOf(ecosystem, purl ?? '');
    if (namespace === undefined) return [];
    return [{ entry, rows: rowsOfEntry(entry, { namespace, package: name }).map(withModule) }];
  });
  if (ours.length === 0) return;
  const advisory = {
    ...commonOf(record),
    title: titleOf(record),
    ...parseIssued(record.published ?? undefined),
    aliases: cvesOf(record),
    links: [feed.linkOf(record.id)],
    severity: severityInSummary(record),
    cvss: vectorsOf(feed.source, record),
  };
  yield* advisoryOf(advisory, ours);
}

/** Adds the module of a row. Only the release string of a build shows that it belongs to a module. */
function withModule(row: Affected): Affected {
  const { module } = unnamedModule(row.fix.state === 'fixed' ? row.fix.version : undefined);
  return module === undefined ? row : { ...row, only: { ...row.only, module } };
}
