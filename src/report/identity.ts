import { sha256Of } from '../kit/sha256.ts';
import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import { orderKeys, reportOrder } from './key-order.ts';
import { imageSubjectOf } from './subject.ts';

/** What tells a package of a report from the others. */
type PackageIdentity = Pick<Package, 'name' | 'version' | 'purl' | 'location'>;

/** Answers by which reference a document names a package. */
export type PackageReferences = (found: PackageIdentity) => string | undefined;

/**
 * References to the packages of a report: its package URL where no other package has it, with a number where several places of
 * an image have the same. Of packages of which even the place is the same, findings refer to the first.
 */
export function packageReferences(packages: readonly Package[]): PackageReferences {
  const references = new Map<PackageIdentity, string>();
  const byKey = new Map<string, string>();
  const taken = new Map<string, number>();
  for (const found of packages) {
    const count = (taken.get(found.purl) ?? 0) + 1;
    taken.set(found.purl, count);
    const reference = count === 1 ? found.purl : `${found.purl}#${count}`;
    references.set(found, reference);
    const key = packageKey(found);
    if (!byKey.has(key)) byKey.set(key, reference);
  }
  return (found) => references.get(found) ?? byKey.get(packageKey(found));
}

/** Each package of a report once: an rpm database may list the same twice. */
export function distinctPackages(packages: readonly Package[]): Package[] {
  const distinct = new Map<string, Package>();
  for (const found of packages) {
    const key = JSON.stringify(orderKeys(found, reportOrder.packages));
    if (!distinct.has(key)) distinct.set(key, found);
  }
  return [...distinct.values()];
}

/** What names a package among others. Its URL alone does not: names that differ in their case may have the same. */
export function packageKey({ name, version, purl, location }: PackageIdentity): string {
  return JSON.stringify([name, version, purl, location.path, location.layer]);
}

/**
 * A UUID for a document made from what is in a report: another for every other report and every kind of document. Why ratings are missing
 * is no part of it: that depends on the options of the run.
 */
export function documentUuid({ ratings, ...report }: Report, kind: string): string {
  const content = { ...report, target: imageSubjectOf(report.target) };
  return uuidOf(kind, JSON.stringify(orderKeys(content, reportOrder)));
}

/** A UUID of version 8 (RFC 9562) made from some texts. */
export function uuidOf(...parts: readonly string[]): string {
  const hash = sha256Of(JSON.stringify(parts));
  const ends = [`8${hash.slice(13, 16)}`, `a${hash.slice(17, 20)}`, hash.slice(20, 32)];
  return [hash.slice(0, 8), hash.slice(8, 12), ...ends].join('-');
}

/**
 * The time of a document, to the second: the newest of when the image was made and when advisories of the report were fetched; the
 * beginning of 1970 where neither is known. A report knows no clock.
 */
export function reportTime({ coverage, target }: Report): string {
  const fetched = coverage.flatMap(({ fetchedAt }) => (fetchedAt === null ? [] : [Date.parse(fetchedAt)]));
  const times = target.created === undefined ? fetched : [...fetched, Date.parse(target.created)];
  const newest = Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
  return new Date(newest).toISOString().replace(/\.\d+Z$/, 'Z');
}
