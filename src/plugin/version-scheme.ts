declare const versionKeyBrand: unique symbol;

/**
 * A version as bytes: comparing two keys byte by byte (the shorter first when one begins the other) gives the order of the
 * native tool. No key is empty and none begins with FF, so the empty key is below all and FF above all.
 */
export type VersionKey = Uint8Array & { readonly [versionKeyBrand]: true };

/** A version without a key, and why: invalid for its scheme, too long, or of a kind the scheme cannot order by bytes. */
export interface Unkeyable {
  readonly unkeyable: string;
}

/** Versions between two keys, `lo` included and `hi` excluded. */
export interface KeyRange {
  readonly lo: Uint8Array;
  readonly hi: Uint8Array;
}

/** Every key: none is empty, and none begins with FF. */
export const everyKey: KeyRange = { lo: new Uint8Array(), hi: Uint8Array.of(0xff) };

/** How versions of one kind order. */
export interface VersionScheme {
  /** `dpkg`, `rpm`, `apk`, `npm`… */
  readonly name: string;
  /** The bytes that stand for a version in comparisons, or why there are none. */
  key(version: string): VersionKey | Unkeyable;
  /** Negative, 0 or positive as the native tool orders them; undefined when it gives them no order (an invalid version). */
  compare(a: string, b: string): number | undefined;
  /** The lowest bytes above every version that a bound of this spelling includes; for most schemes the key followed by 00. */
  after(version: string): VersionKey | Unkeyable;
  /**
   * The pieces of a version as they are compared one after the other, in parts such as epoch, version and release. For people who
   * want to see what decided; never asked for a decision.
   */
  segments?(version: string): readonly (readonly string[])[];
}

/** Whether a version has a key. */
export function isKey(key: VersionKey | Unkeyable): key is VersionKey {
  return key instanceof Uint8Array;
}
