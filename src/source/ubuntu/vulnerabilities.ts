import { UnexpectedContent, withFeedErrors } from '../../core/corrupt-feed.ts';
import { inflateStream } from '../../kit/decompress/inflate-stream.ts';
import { tarEntries } from '../../kit/tar/entries.ts';
import { worstSeverity } from '../../model/severity.ts';
import type {
  Affected,
  FeedRecord,
  FetchedFeed,
  Fix,
  Severity,
  VulnerabilityRecord,
} from '../../plugin/index.ts';
import { isSkipped, readRecord } from '../archived-record.ts';
import { type ReadEntry, withoutVersions } from '../osv/advisory.ts';
import {
  commonOf,
  type OsvEntry,
  type OsvRecord,
  osvRecord,
  rowsOfEntry,
  textIn,
  vectorsOf,
} from '../osv/record.ts';
import { vendorSeverity } from '../vendor-values.ts';
import type { FetchedArchives } from './archives.ts';
import { Reasons, rowKey } from './reasons.ts';
import { namespaceOfLabel, pageOf, sourceOf } from './release.ts';
import { readTrackerFile } from './tracker.ts';

/** Yields the vulnerabilities of the OSV archive with the reasons of the VEX archive, or those of the CVE tracker. */
export function readUbuntuVulnerabilities(
  feed: string,
  content: FetchedArchives,
): AsyncGenerator<FeedRecord> {
  return withFeedErrors({ source: 'ubuntu', feed, content }, vulnerabilities(feed, content));
}

async function* vulnerabilities(
  feed: string,
  { body, url, vex }: FetchedArchives,
): AsyncGenerator<FeedRecord> {
  const reasons = new Reasons();
  if (vex !== undefined)
    yield* withFeedErrors({ source: 'ubuntu', feed, content: vex }, readReasons(reasons, vex));
  let records = 0;
  for await (const file of tarEntries(inflateStream(body, url), isWanted)) {
    records++;
    if (!file.path.endsWith('.json')) {
      yield readTrackerFile(file);
      continue;
    }
    const record = readRecord(osvRecord, file);
    if (isSkipped(record)) yield record;
    else if (!record.withdrawn) yield* vulnerability(record, reasons);
  }
  if (records === 0) throw new UnexpectedContent('its end', 'it holds no record of a CVE');
  // A CVE that does not affect Ubuntu has no record, but it has reasons.
  for (const cve of reasons.left) yield cleared(cve, [...reasons.take(cve).values()]);
}

async function* readReasons(reasons: Reasons, vex: FetchedFeed): AsyncGenerator<FeedRecord> {
  await reasons.read(vex);
  yield* reasons.skipped;
}

/**
 * Returns whether a file is an OSV record of a CVE, or a CVE file of the tracker on packages. USN and LSN records
 * repeat the fixes of CVE records; LSN is for live-patched kernels.
 */
function isWanted(path: string): boolean {
  return (
    (/(?:^|\/)osv\/cve\//.test(path) && path.endsWith('.json')) ||
    /(^|\/)(active|retired|\d{4})\/CVE-\d{4}-\d{4,}$/.test(path)
  );
}

function* vulnerability(record: OsvRecord, reasons: Reasons): Generator<FeedRecord> {
  const id = record.id.replace(/^UBUNTU-/, '');
  const reasonRows = reasons.take(id);
  const entries = (record.affected ?? []).flatMap((entry) => readEntry(entry, reasonRows));
  yield* withoutVersions(id, entries);
  const rows = entries.flatMap((entry) => entry.rows);
  const severity = priorityIn(record) ?? worstSeverity(rows.map((row) => row.severity ?? 'Unknown'));
  const notices = [...(record.related ?? []), ...(record.aliases ?? [])].filter((name) =>
    name.startsWith('USN-'),
  );
  yield {
    kind: 'vulnerability',
    ...commonOf(record),
    key: id,
    id,
    aliases: [],
    links: [pageOf(id), ...notices.map((notice) => `https://ubuntu.com/security/notices/${notice}`)],
    severity,
    cvss: vectorsOf('ubuntu', record),
    affected: [...rows.map((row) => withoutCommon(row, severity)), ...reasonRows.values()],
  };
}

/**
 * Returns the rows of a source package in a release with the reason for a missing fix, and removes that reason from
 * `reasonRows`. A package without versions has only its reason, if there is one.
 */
function readEntry(entry: OsvEntry, reasonRows: Map<string, Affected>): ReadEntry[] {
  const { ecosystem, name, purl } = entry.package ?? { ecosystem: '', name: '' };
  const namespace = namespaceOfLabel(sourceOf(purl ?? '')?.label ?? labelOf(ecosystem));
  if (namespace === undefined || name === '') return [];
  const key = rowKey(namespace.name, name);
  const reason = reasonRows.get(key)?.fix;
  const rows = rowsOfEntry(entry, { namespace, package: name });
  if (rows.length === 0) return reason === undefined ? [{ entry, rows }] : [];
  reasonRows.delete(key);
  return [{ entry, rows: rows.map((row) => withReason(row, reason, priorityIn(entry))) }];
}

function withReason(row: Affected, reason: Fix | undefined, severity: Severity | undefined): Affected {
  const isReason = row.fix.state === 'unfixed' && reason !== undefined && reason.state !== 'not-affected';
  return { ...row, ...(isReason && { fix: reason }), ...(severity !== undefined && { severity }) };
}

/** Returns the label of `Ubuntu:22.04:LTS` or `Ubuntu:Pro:FIPS-updates:18.04:LTS` if no purl names the release. */
function labelOf(ecosystem: string): string {
  const parts = ecosystem.split(':').slice(1);
  const release = parts.find((part) => /^\d+\.\d+$/.test(part));
  if (release === undefined) return 'upstream';
  const service = parts.slice(0, parts.indexOf(release)).join('-').toLowerCase();
  return service === '' ? release : `${service}/${release}`;
}

/** Returns Ubuntu's priority, which is in the record, or in the packages of older records. */
function priorityIn({ severity, ...rest }: OsvRecord | OsvEntry): Severity | undefined {
  const word =
    severity?.find(({ type }) => type === 'Ubuntu')?.score ??
    ('ecosystem_specific' in rest ? textIn(rest.ecosystem_specific, 'ubuntu_priority') : undefined);
  return word === undefined ? undefined : vendorSeverity(word);
}

/** Removes the severity of a row if it equals that of the record. */
function withoutCommon({ severity, ...row }: Affected, common: Severity): Affected {
  return severity === undefined || severity === common ? row : { ...row, severity };
}

function cleared(cve: string, affected: readonly Affected[]): VulnerabilityRecord {
  return {
    kind: 'vulnerability',
    key: cve,
    id: cve,
    aliases: [],
    links: [pageOf(cve)],
    severity: 'Unknown',
    cvss: [],
    affected,
  };
}
