import type { Kysely } from 'kysely';
import type { FindingIndexStore } from '../../finding-index-store.ts';
import type { Tables } from '../schema.ts';
import { groupByNamespaces } from './group-images.ts';
import { pageFindings } from './list-findings.ts';
import { findImages, pageImages } from './list-images.ts';
import { findVersions, pagePackages } from './list-packages.ts';
import { findFleetVulnerabilities, pageVulnerabilities } from './list-vulnerabilities.ts';
import { findingsOfSets, pageUpgrades } from './read-upgrades.ts';

/** Returns the index of findings of a store. */
export function findingIndexStore(db: Kysely<Tables>): FindingIndexStore {
  return {
    pageFindings: (filter, page) => pageFindings(db, filter, page),
    pageVulnerabilities: (filter, page) => pageVulnerabilities(db, filter, page),
    findVulnerabilities: (ids) => findFleetVulnerabilities(db, ids),
    pagePackages: (filter, page) => pagePackages(db, filter, page),
    findVersions: (named, limit) => findVersions(db, named, limit),
    pageImages: (filter, page) => pageImages(db, filter, page),
    groupByNamespaces: () => groupByNamespaces(db),
    findImages: (images) => findImages(db, images),
    pageUpgrades: (scope, page) => pageUpgrades(db, scope, page),
    findSetFindings: (sets) => findingsOfSets(db, sets),
  };
}
