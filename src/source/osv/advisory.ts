import type { Affected, FeedRecord, SkippedRecord, Vulnerability } from '../../plugin/index.ts';
import type { OsvEntry } from './record.ts';

/** An entry of a record, and the rows it comes to. */
export interface ReadEntry {
  readonly entry: OsvEntry;
  readonly rows: readonly Affected[];
}

/**
 * The advisory with the rows of its entries, and word of every entry that names no versions. Where none names any, all of it is
 * skipped: what it said before stays in force.
 */
export function* advisoryOf(
  advisory: Omit<Vulnerability, 'affected'>,
  entries: readonly ReadEntry[],
): Generator<FeedRecord> {
  const affected = entries.flatMap(({ rows }) => rows);
  if (affected.length === 0) {
    yield { key: advisory.key, skipped: noVersions };
    return;
  }
  yield* withoutVersions(advisory.key, entries);
  yield { ...advisory, affected };
}

/** A skipped record for each entry without rows. */
export function withoutVersions(key: string, entries: readonly ReadEntry[]): SkippedRecord[] {
  return entries.flatMap(({ entry, rows }) =>
    rows.length === 0 ? [skippedEntry(key, entry, noVersions)] : [],
  );
}

/** That one package of a record cannot be understood. */
export function skippedEntry(key: string, { package: named }: OsvEntry, reason: string): SkippedRecord {
  return { key: `${key} ${named?.ecosystem ?? ''} ${named?.name ?? ''}`, skipped: reason };
}

const noVersions = 'no versions that can be compared: it names commits only, or none at all';
