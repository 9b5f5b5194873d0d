import { ClairError } from '../../core/errors.ts';
import { compareText } from '../../model/order.ts';
import { type MatchKey, matchKeys } from './match-key.ts';

/** The part of the list of affected images that is about one package. */
export interface TargetPosition {
  readonly namespace: string;
  readonly package: string;
  readonly by: MatchKey;
}

/** By namespace, then package, then the way it is looked up. */
export function comparePositions(a: TargetPosition, b: TargetPosition): number {
  return (
    compareText(a.namespace, b.namespace) ||
    compareText(a.package, b.package) ||
    matchKeys.indexOf(a.by) - matchKeys.indexOf(b.by)
  );
}

/** A place in that list: behind this image under this key of this package. A null key stands before all. */
export interface AffectedCursor extends TargetPosition {
  readonly key: Uint8Array | null;
  readonly image: number;
}

/** The place as text for a URL. */
export function writeCursor({ namespace, package: name, by, key, image }: AffectedCursor): string {
  const parts = [namespace, name, by, key === null ? null : Buffer.from(key).toString('hex'), image];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The place a text stands for; throws `usage` for one that `writeCursor` did not write. */
export function readCursor(text: string): AffectedCursor {
  const [namespace, name, way, key, image] = partsOf(text);
  const isKey = key === null || (typeof key === 'string' && /^([\da-f]{2})*$/.test(key));
  const by = matchKeys.find((known) => known === way);
  const isTarget = typeof namespace === 'string' && typeof name === 'string' && by !== undefined;
  if (!isTarget || !isKey || !Number.isSafeInteger(image))
    throw new ClairError('usage', 'this page is not known: begin with the first one');
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
