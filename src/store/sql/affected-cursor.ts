import { ClairError } from '../../kit/errors.ts';
import { compareText } from '../../model/order.ts';
import { type LookupBy, lookupWays } from './lookup-by.ts';

/** The part of the list of affected images that is about one package. */
export interface TargetPlace {
  readonly namespace: string;
  readonly package: string;
  readonly by: LookupBy;
}

/** By namespace, then package, then the way it is looked up. */
export function comparePlaces(a: TargetPlace, b: TargetPlace): number {
  return (
    compareText(a.namespace, b.namespace) ||
    compareText(a.package, b.package) ||
    lookupWays.indexOf(a.by) - lookupWays.indexOf(b.by)
  );
}

/** A place in that list: behind this image under this key of this package. A null key stands before all. */
export interface AffectedPlace extends TargetPlace {
  readonly key: Uint8Array | null;
  readonly image: number;
}

/** The place as text for a URL. */
export function writeCursor({ namespace, package: name, by, key, image }: AffectedPlace): string {
  const parts = [namespace, name, by, key === null ? null : Buffer.from(key).toString('hex'), image];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The place a text stands for; throws `usage` for one that `writeCursor` did not write. */
export function readCursor(text: string): AffectedPlace {
  const [namespace, name, way, key, image] = partsOf(text);
  const isKey = key === null || (typeof key === 'string' && /^([\da-f]{2})*$/.test(key));
  const by = lookupWays.find((known) => known === way);
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
