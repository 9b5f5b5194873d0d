import type { Affected, FeedRecord, SkippedRecord, Vulnerability } from '../../plugin/index.ts';
import type { OsvEntry } from './record.ts';

/** An entry of a record, and its rows. */
export interface ReadEntry {
  readonly entry: OsvEntry;
  readonly rows: readonly Affected[];
}

/**
 * Yields the advisory with the rows of its entries, and a skipped record for every entry without versions. If no entry
 * has versions, skips the whole record, so that the previous rows remain current.
 */
export function* advisoryOf(
  advisory: Omit<Vulnerability, 'affected'>,
  entries: readonly ReadEntry[],
): Generator<FeedRecord> {
  const affected = entries.flatMap(({ rows }) => rows);
  if (affected.length === 0) {
    yield { kind: 'skipped', key: advisory.key, reason: noVersions };
    return;
  }
  yield* withoutVersions(advisory.key, entries);
  yield { kind: 'vulnerability', ...advisory, affected };
}

/** Returns a skipped record for each entry without rows. */
export function withoutVersions(key: string, entries: readonly ReadEntry[]): SkippedRecord[] {
  return entries.flatMap(({ entry, rows }) =>
    rows.length === 0 ? [skippedEntry(key, entry, noVersions)] : [],
  );
}

/** Returns the skipped record for one package of a record. */
export function skippedEntry(key: string, { package: named }: OsvEntry, reason: string): SkippedRecord {
  return { kind: 'skipped', key: `${key} ${named?.ecosystem ?? ''} ${named?.name ?? ''}`, reason };
}

const noVersions = 'no versions that can be compared: it names commits only, or no version';
