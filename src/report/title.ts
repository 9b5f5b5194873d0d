import { type Digest, digestAlgorithm, shortHex } from '../model/digest.ts';
import type { InventorySubject, Report, Target } from '../model/report.ts';

type Titled = Pick<Target, 'reference' | 'names' | 'digest'>;

/** Returns the name of the image, preferably the one that the user typed. Without a name, returns the reference. */
export function imageTitleOf({ reference, names = [] }: Titled): string {
  return names.find((name) => isTyped(reference, name)) ?? names[0] ?? reference;
}

function isTyped(reference: string, name: string): boolean {
  return reference === name || reference.endsWith(`:${name}`) || reference.endsWith(`/${name}`);
}

/** Returns the title with the shortened digest, for formats with one line for both. */
export function titleWithDigest(target: Titled): string {
  const title = imageTitleOf(target);
  const { digest } = target;
  return digest === undefined || title.includes('@') ? title : `${title}@${shortDigest(digest)}`;
}

/** Returns the algorithm of a digest and its first 12 characters. */
export function shortDigest(digest: Digest): string {
  return `${digestAlgorithm(digest)}:${shortHex(digest)}`;
}

/** The image that a document describes, also if the report was made from an inventory of it. */
export type ImageSubject = InventorySubject & Omit<Target, 'reference' | 'kind' | 'subject'>;

/** Returns the image of a target: the subject of an inventory, otherwise the target itself. */
export function imageSubjectOf({ reference, kind, subject, ...identity }: Target): ImageSubject {
  return { reference, kind, ...subject, ...identity };
}

/** Returns a report without any field that depends on advisories. */
export function inventoryOf({ ratings, ...report }: Report): Report {
  return { ...report, matches: [], suppressed: [], coverage: [], verdict: 'not-assessed' };
}
