import { ClairError } from '../../core/errors.ts';
import { keyRange } from '../../match/key-range.ts';
import type { Affected, Vulnerability } from '../../model/vulnerability.ts';
import type { KeyRange, VersionScheme } from '../../plugin/version-scheme.ts';
import type { KeyedAffected, KeyedVulnerability } from '../../store/store.ts';

/** A range of keys that holds none. */
const emptyKeyRange: KeyRange = { lo: Uint8Array.of(0xff), hi: new Uint8Array() };

/** A record with the keys of its ranges. `from` names in errors where it was read. */
export function withKeys<T extends Vulnerability>(
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
      `${from} speaks of ${row.namespace.name}, whose version scheme ${row.namespace.versionScheme} is not known`,
    );
  }
  const keys = keyRange(scheme, row.range);
  if ('lo' in keys) return { ...row, keys };
  // An empty range holds no version; one without keys is compared in code when it is met.
  return 'empty' in keys ? { ...row, keys: emptyKeyRange } : row;
}
