declare const versionKeyBrand: unique symbol;

/**
 * A version as bytes. The bytewise order of keys is the order of the native tool; a key sorts before every key that it is a prefix of.
 * No key is empty or begins with FF: the empty key is below all keys, and FF is above all.
 */
export type VersionKey = Uint8Array & { readonly [versionKeyBrand]: true };

/** The reason why a version has no key: it is invalid, too long, or of a kind that the scheme cannot order by bytes. */
export interface Unkeyable {
  readonly unkeyable: string;
}

/** Keys from `lo` (inclusive) to `hi` (exclusive). */
export interface KeyRange {
  readonly lo: Uint8Array;
  readonly hi: Uint8Array;
}

/** The range of all keys: from the empty key to FF. */
export const everyKey: KeyRange = { lo: new Uint8Array(), hi: Uint8Array.of(0xff) };

/** The order of the versions of one kind of package. */
export interface VersionScheme {
  /** `dpkg`, `rpm`, `apk`, `npm`… */
  readonly name: string;
  /** Returns the key of a version, or the reason why it has none. */
  key(version: string): VersionKey | Unkeyable;
  /** Returns a negative number, 0 or a positive number, as the native tool orders the two. Undefined if a version is invalid. */
  compare(a: string, b: string): number | undefined;
  /**
   * Returns the lowest key above every version that this upper bound includes. Absent for most schemes: it is then the key followed by
   * 00. A scheme needs it if a bound includes greater versions, as `1.0` includes all releases of `1.0` in rpm.
   */
  after?(version: string): VersionKey | Unkeyable;
  /**
   * Splits a version into parts such as epoch, version and release, and each part into segments in the order of comparison. For
   * display only; clair never decides by it.
   */
  segments?(version: string): readonly (readonly string[])[];
}

/** Returns whether a version has a key. */
export function isKey(key: VersionKey | Unkeyable): key is VersionKey {
  return key instanceof Uint8Array;
}

/** Returns the lowest key above every version that an upper bound includes. By default, that is the key of the bound followed by 00. */
export function keyAfter(scheme: VersionScheme, bound: string): VersionKey | Unkeyable {
  if (scheme.after !== undefined) return scheme.after(bound);
  const key = scheme.key(bound);
  if (!isKey(key)) return key;
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after as VersionKey;
}
