import { ClairError } from '../../core/errors.ts';
import { keyRange } from '../../match/key-range.ts';
import type { Affected, Vulnerability } from '../../model/vulnerability.ts';
import type { KeyRange, VersionScheme } from '../../plugin/version-scheme.ts';
import type { KeyedAffected, KeyedVulnerability } from '../../store/advisory-store.ts';

/** A key range that contains no key. */
const emptyKeyRange: KeyRange = { lo: Uint8Array.of(0xff), hi: new Uint8Array() };

/**
 * Returns a record with the keys of its ranges. `from` names the origin of the record in errors. Throws `feed-corrupt` for an unknown
 * version scheme.
 */
export function withKeys<const T extends Vulnerability>(
  record: T,
  schemes: readonly VersionScheme[],
  from: string,
): T & KeyedVulnerability {
  return { ...record, affected: record.affected.map((row) => withKey(row, schemes, from)) };
}

function withKey(row: Affected, schemes: readonly VersionScheme[], from: string): KeyedAffected {
  const scheme = schemes.find(({ name }) => name === row.namespace.versionScheme);
  if (scheme === undefined) {
    throw new ClairError(
      'feed-corrupt',
      `${from} has advisories for ${row.namespace.name}, whose version scheme ${row.namespace.versionScheme} is unknown`,
    );
  }
  const keys = keyRange(scheme, row.range);
  if ('lo' in keys) return { ...row, keys };
  // An empty range contains no version. A range without keys is compared by the version scheme during matching.
  return 'empty' in keys ? { ...row, keys: emptyKeyRange } : row;
}
