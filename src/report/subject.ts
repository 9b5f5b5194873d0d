import type { InventorySubject, Report, Target } from '../model/report.ts';

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
