import { type CausedDifference, type ChangeCause, compareCauses } from '../../match/compare-causes.ts';
import { differingPackages } from '../../match/compare-reports.ts';
import type { Difference } from '../../model/difference.ts';
import type { Verdict } from '../../model/report.ts';
import type { KnownImage } from '../../store/known-image-store.ts';
import type { AsOf } from '../../store/page.ts';
import type { AssessedReport } from '../findings/match-image.ts';
import { assessStoredImage, openStoredImage, type StoredImageDeps } from './stored-image.ts';

/** An image, and the time whose advisories count. Without a time, those of now. */
export interface ImageAtTime extends AsOf {
  readonly image: KnownImage;
}

/** One side of a comparison. */
export interface DiffSide extends Pick<KnownImage, 'digest' | 'platform'> {
  /** Current names of the image. */
  readonly names: readonly string[];
  /** The time whose advisories count, ISO 8601. */
  readonly asOf: string;
  readonly packages: number;
  readonly findings: number;
  readonly verdict: Verdict;
  /** Whether everything in the image was assessed. */
  readonly assessed: boolean;
  /** For people: what was not, and why. */
  readonly notAssessed: readonly string[];
}

/** The differences of two images, or of one image at two times. */
export interface ImageDifference {
  readonly a: DiffSide;
  readonly b: DiffSide;
  readonly findings: CausedDifference;
  readonly packages: Difference['packages'];
  /** The numbers of findings and their causes, in plain English. */
  readonly headline: string;
}

/**
 * Compares two images that a server has scanned. Separates what changed with the image from what changed with the advisories: the second
 * image is also matched with the advisories of the first side. Costs up to three matches of two images, whatever else the store has.
 */
export async function compareImages(
  a: ImageAtTime,
  b: ImageAtTime,
  deps: StoredImageDeps,
): Promise<ImageDifference> {
  const openedA = await openStoredImage(a.image, deps);
  const openedB = a.image.number === b.image.number ? openedA : await openStoredImage(b.image, deps);
  const before = await assessStoredImage(openedA, a, deps);
  const after = openedA === openedB && a.asOf === b.asOf ? before : await assessStoredImage(openedB, b, deps);
  const between =
    openedA === openedB ? before : a.asOf === b.asOf ? after : await assessStoredImage(openedB, a, deps);
  const reports = { before: before.report, between: between.report, after: after.report };
  const findings = compareCauses(reports);
  const sides = { a: sideOf(a, before, deps), b: sideOf(b, after, deps) };
  return {
    ...sides,
    findings,
    packages: differingPackages(before.report.packages, after.report.packages),
    headline: headlineOf(findings, sides),
  };
}

function sideOf(
  { image, asOf }: ImageAtTime,
  { report, isAssessed }: AssessedReport,
  { store }: StoredImageDeps,
): DiffSide {
  const { digest, platform, names } = image;
  return {
    digest,
    platform,
    names: names.map(({ repository, tag }) => `${repository}:${tag}`),
    asOf: new Date(asOf ?? store.now()).toISOString(),
    packages: report.packages.length,
    findings: report.matches.length,
    verdict: report.verdict,
    assessed: isAssessed,
    notAssessed: gapsOf(report),
  };
}

/** Returns what of an image was not assessed, and why. */
function gapsOf({ coverage, statuses }: AssessedReport['report']): string[] {
  const uncovered = coverage
    .filter(({ status, reason }) => status !== 'complete' || reason !== null)
    .map(({ namespace, status, reason }) => `${namespace}: ${reason ?? status}`);
  const unread = statuses
    .filter(({ status }) => status !== 'succeeded')
    .map(({ extension, status, files }) => {
      const problem = files.find((file) => file.problem !== null)?.problem ?? status;
      return `${extension}: ${problem}`;
    });
  return [...uncovered, ...unread];
}

function headlineOf(
  { gone, new: added, changed, same }: CausedDifference,
  { a, b }: Pick<ImageDifference, 'a' | 'b'>,
): string {
  const parts = [
    ...countsOf(gone, 'gone'),
    ...countsOf(added, 'new'),
    ...countsOf(changed, 'with another severity or fix'),
  ];
  const differences = parts.length === 0 ? 'no finding differs' : parts.join(', ');
  const gaps = [...(a.assessed ? [] : ['a']), ...(b.assessed ? [] : ['b'])];
  const warning = gaps.length === 0 ? '' : `; not everything in ${gaps.join(' and ')} was assessed`;
  return `${differences}; ${same} the same${warning}`;
}

const causes: Readonly<Record<ChangeCause, string>> = {
  image: 'because the image changed',
  knowledge: 'because the advisories changed',
};

function countsOf(findings: readonly { readonly cause: ChangeCause }[], word: string): string[] {
  return (['image', 'knowledge'] as const).flatMap((cause) => {
    const count = findings.filter((finding) => finding.cause === cause).length;
    return count === 0 ? [] : `${count} ${word} ${causes[cause]}`;
  });
}
