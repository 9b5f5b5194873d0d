import { ClairError } from '../core/errors.ts';
import { compareText } from '../model/order.ts';

/**
 * How rows apply to packages. Most rows apply to the lookup name of an installed package (`name`). Rows about a source package
 * apply to the packages built from it (`source`). Every row applies in exactly one of these ways.
 */
export type MatchKey = 'name' | 'source';

/** Both match keys, in the order of their results. */
const matchKeys: readonly MatchKey[] = ['name', 'source'];

/** Position of a package in the list of affected images. */
export interface TargetPosition {
  readonly namespace: string;
  readonly package: string;
  readonly by: MatchKey;
}

/** Compares by namespace, then package, then match key. */
export function comparePositions(a: TargetPosition, b: TargetPosition): number {
  return (
    compareText(a.namespace, b.namespace) ||
    compareText(a.package, b.package) ||
    matchKeys.indexOf(a.by) - matchKeys.indexOf(b.by)
  );
}

/** Position in that list: after this image, under this version key of this package. A null key sorts first. */
export interface AffectedCursor extends TargetPosition {
  readonly key: Uint8Array | null;
  readonly image: number;
}

/** Compares in the order of the list. */
export function compareCursors(a: AffectedCursor, b: AffectedCursor): number {
  return comparePositions(a, b) || compareKeys(a.key, b.key) || a.image - b.image;
}

function compareKeys(a: Uint8Array | null, b: Uint8Array | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return Buffer.compare(a, b);
}

/** Encodes a cursor as text for a URL. */
export function writeCursor({ namespace, package: name, by, key, image }: AffectedCursor): string {
  const parts = [namespace, name, by, key === null ? null : Buffer.from(key).toString('hex'), image];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Decodes a cursor. Throws `usage` for text that `writeCursor` did not write. */
export function readCursor(text: string): AffectedCursor {
  const [namespace, name, way, key, image] = partsOf(text);
  const isKey = key === null || (typeof key === 'string' && /^([\da-f]{2})*$/.test(key));
  const by = matchKeys.find((known) => known === way);
  const isTarget = typeof namespace === 'string' && typeof name === 'string' && by !== undefined;
  if (!isTarget || !isKey || !Number.isSafeInteger(image))
    throw new ClairError('usage', 'the page token is not valid: start with the first page');
  return {
    namespace,
    package: name,
    by,
    key: key === null ? null : Uint8Array.from(Buffer.from(key, 'hex')),
    image: Number(image),
  };
}

function partsOf(text: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
