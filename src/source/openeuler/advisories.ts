import * as z from 'zod/mini';
import { boundedParse } from '../../kit/json/json-document.ts';
import type { Affected, FeedDocument, FeedRecord, FetchedFeed } from '../../plugin/index.ts';
import { type ArchivedRecord, isSkipped } from '../archived-record.ts';
import { withDocumentErrors, zippedDocuments } from '../feed-documents.ts';
import { parseNevra, rowsOfFixedRpms } from '../fixed-rpms.ts';
import { skippedEntry } from '../osv/advisory.ts';
import { readActiveRecord } from '../osv/archive.ts';
import { type OsvEntry, textIn } from '../osv/record.ts';
import { vendorAdvisoryOf } from '../osv/vendor-advisory.ts';
import { rpmNamespace } from '../rows.ts';
import { vendorSeverity } from '../vendor-values.ts';
import { namespaceOfEcosystemName } from './releases.ts';

/** File names of the packages with the fix, by architecture. `src` has the source package. */
const packagesByArchitecture = z.record(z.string(), z.array(z.string()));
const architectureOfSources = 'src';

/** Yields the files of the archive, each with one advisory. */
export function openEulerDocuments(feed: string, content: FetchedFeed): AsyncGenerator<FeedDocument> {
  return withDocumentErrors({ source: 'openeuler', feed, content }, zippedDocuments(content, readFile));
}

/** Yields the advisory of a file, and a skipped record for each package whose fixed versions are unknown. */
function* readFile(file: ArchivedRecord): Generator<FeedRecord> {
  const record = readActiveRecord(file);
  if (record === undefined) return;
  if (isSkipped(record)) {
    yield record;
    return;
  }
  const affected: Affected[] = [];
  for (const entry of record.affected ?? []) {
    const namespace = namespaceOfEcosystemName(entry.package?.ecosystem ?? '');
    if (namespace === undefined) continue;
    const rows = rowsOf(entry, namespace);
    if (typeof rows === 'string') yield skippedEntry(record.id, entry, rows);
    else affected.push(...rows);
  }
  if (affected.length === 0) return;
  const severity = vendorSeverity(textIn(record.database_specific, 'severity'));
  yield vendorAdvisoryOf('openeuler', record, { severity, affected });
}

/** Returns the rows of the packages that are built from the source package of an entry, or why it has none. */
function rowsOf({ ecosystem_specific }: OsvEntry, namespace: string): Affected[] | string {
  const found = boundedParse(packagesByArchitecture, ecosystem_specific);
  if (!found?.success) return 'it lists no packages of the source package';
  const names = Object.entries(found.data).flatMap(([arch, files]) =>
    arch === architectureOfSources ? [] : files,
  );
  const rpms = names.map((name) => ({ name, nevra: parseNevra(name) }));
  // A package that was left out would look unaffected.
  const odd = rpms.find(({ nevra }) => nevra === undefined);
  if (odd !== undefined) return `no name of a package file: ${odd.name}`;
  if (rpms.length === 0) return 'it lists no packages of the source package';
  return rowsOfFixedRpms(
    rpms.flatMap(({ nevra }) => (nevra ? [{ ...nevra, namespace: rpmNamespace(namespace) }] : [])),
  );
}
