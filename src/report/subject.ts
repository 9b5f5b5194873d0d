import type { InventorySubject, Report, Target } from '../model/report.ts';

/** What a document is about: the image, also where the report was made of an inventory of it. */
export type ImageSubject = InventorySubject & Omit<Target, 'reference' | 'kind' | 'subject'>;

/** The image a target stands for. */
export function imageSubjectOf({ reference, kind, subject, ...identity }: Target): ImageSubject {
  return { reference, kind, ...subject, ...identity };
}

/** What a report says is installed, with nothing in it that depends on advisories. */
export function inventoryOf({ ratings, ...report }: Report): Report {
  return { ...report, matches: [], suppressed: [], coverage: [], verdict: 'not-assessed' };
}
