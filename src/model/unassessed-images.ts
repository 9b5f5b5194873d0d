import { compareText } from './order.ts';

/** The kinds of reasons why images are not assessed completely. */
export const unassessedCodes = [
  'never-loaded',
  'missing',
  'unsupported',
  'out-of-support',
  'no-namespace',
  'unread',
] as const;

/** A kind of reasons. `never-loaded`: the server never loaded a feed. `missing`: advisories are missing for another reason. */
export type UnassessedCode = (typeof unassessedCodes)[number];

/** A reason why images are not assessed completely. */
export interface UnassessedReason {
  readonly code: UnassessedCode;
  /** For people. */
  readonly reason: string;
  /** Null if it concerns no namespace. */
  readonly namespace: string | null;
  readonly images: number;
}

/** The known images that are not assessed completely, as far as it is known without their reports. */
export interface UnassessedImages {
  readonly images: number;
  /** Images that are not counted yet. Nothing is known of them. */
  readonly uncounted: number;
  /** Reasons that concern most images come first. An image can have several. */
  readonly reasons: readonly UnassessedReason[];
}

/** Returns the sum of the images of groups or reasons. */
export function imagesOf(parts: readonly { readonly images: number }[]): number {
  return parts.reduce((sum, { images }) => sum + images, 0);
}

/** Returns reasons in their order: those that concern most images first. */
export function byImages<T extends Pick<UnassessedReason, 'reason' | 'images'>>(reasons: readonly T[]): T[] {
  return reasons.toSorted((a, b) => b.images - a.images || compareText(a.reason, b.reason));
}
