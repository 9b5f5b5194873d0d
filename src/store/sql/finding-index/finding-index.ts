import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import type { FindingIndexStore, ImageFindings } from '../../finding-index-store.ts';
import type { Tables } from '../schema.ts';
import { isoTime } from '../times.ts';
import { pageFindings } from './list-findings.ts';
import { findVersions, pagePackages } from './list-packages.ts';
import { findFleetVulnerabilities, pageVulnerabilities } from './list-vulnerabilities.ts';
import { pageUpgrades } from './read-upgrades.ts';

/** Returns the index of findings of a store. */
export function findingIndexStore(db: Kysely<Tables>): FindingIndexStore {
  return {
    pageFindings: (filter, page) => pageFindings(db, filter, page),
    pageVulnerabilities: (filter, page) => pageVulnerabilities(db, filter, page),
    findVulnerabilities: (ids) => findFleetVulnerabilities(db, ids),
    pagePackages: (filter, page) => pagePackages(db, filter, page),
    findVersions: (named, limit) => findVersions(db, named, limit),
    findImages: (images) => findImages(db, images),
    pageUpgrades: (scope, page) => pageUpgrades(db, scope, page),
  };
}

const imagesAtATime = 500;

async function findImages(
  db: Kysely<Tables>,
  images: readonly number[],
): Promise<ReadonlyMap<number, ImageFindings>> {
  const found = new Map<number, ImageFindings>();
  for (const some of splitIntoChunks(images, imagesAtATime)) {
    const rows = await db
      .selectFrom('counted_image')
      .selectAll()
      .where('image_id', 'in', padToPowerOfTwo(some))
      .execute();
    for (const row of rows)
      found.set(row.image_id, {
        countedAt: isoTime(row.counted_at),
        // The text was written by `insertCountedImages`, so it needs no validation.
        namespaces: JSON.parse(row.namespaces) as string[],
        bySeverity: {
          ...{ Defcon1: row.defcon1, Critical: row.critical, High: row.high, Medium: row.medium },
          ...{ Low: row.low, Negligible: row.negligible, Unknown: row.unknown },
        },
        ...{ fixable: row.fixable, exploited: row.exploited },
      });
  }
  return found;
}
