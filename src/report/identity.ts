import { sha256Of } from '../kit/sha256.ts';
import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import { orderKeys, reportOrder } from './key-order.ts';
import { imageSubjectOf } from './title.ts';

/** Fields that identify a package within a report. */
type PackageIdentity = Pick<Package, 'name' | 'version' | 'purl' | 'location'>;

/** Returns the reference by which a document names a package. */
export type PackageReferences = (found: PackageIdentity) => string | undefined;

/**
 * Assigns references to the packages of a report: the package URL, with a number from the second occurrence on. If two packages also have
 * the same location, findings refer to the first.
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

/** Removes duplicate packages: an rpm database may list one twice. */
export function distinctPackages(packages: readonly Package[]): Package[] {
  const distinct = new Map<string, Package>();
  for (const found of packages) {
    const key = JSON.stringify(orderKeys(found, reportOrder.packages));
    if (!distinct.has(key)) distinct.set(key, found);
  }
  return [...distinct.values()];
}

/** Returns a key that identifies a package. Its URL alone is not enough: names that differ only in case may share one. */
export function packageKey({ name, version, purl, location }: PackageIdentity): string {
  return JSON.stringify([name, version, purl, location.path, location.layer]);
}

/**
 * Derives the UUID of a document from the content of a report and the kind of document. Excludes `ratings`, which depends on the options
 * of the run.
 */
export function documentUuid({ ratings, ...report }: Report, kind: string): string {
  const content = { ...report, target: imageSubjectOf(report.target) };
  return uuidOf(kind, JSON.stringify(orderKeys(content, reportOrder)));
}

/** Derives a UUID of version 8 (RFC 9562) from the SHA-256 of texts. */
export function uuidOf(...parts: readonly string[]): string {
  const hash = sha256Of(JSON.stringify(parts));
  const ends = [`8${hash.slice(13, 16)}`, `a${hash.slice(17, 20)}`, hash.slice(20, 32)];
  return [hash.slice(0, 8), hash.slice(8, 12), ...ends].join('-');
}

/**
 * Returns the time of a document in whole seconds: the latest of the creation of the image and the fetches of its advisories, or
 * 1970-01-01 without either. The clock is not used, so that equal reports give equal documents.
 */
export function reportTime({ coverage, target }: Report): string {
  const fetched = coverage.flatMap(({ fetchedAt }) => (fetchedAt === null ? [] : [Date.parse(fetchedAt)]));
  const times = target.created === undefined ? fetched : [...fetched, Date.parse(target.created)];
  const newest = Math.max(0, ...times.filter((time) => !Number.isNaN(time)));
  return new Date(newest).toISOString().replace(/\.\d+Z$/, 'Z');
}
