import { isFullyAssessed, verdictOf } from '../../match/verdict.ts';
import { advisoryNamespaceOf } from '../../model/namespace.ts';
import { compareText } from '../../model/order.ts';
import type { Report, Target } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { Store } from '../../store/store.ts';
import { feedsFor } from '../feeds/choose-feeds.ts';
import type { IndexedImage } from '../images/indexed-image.ts';
import { type AssessmentDeps, assessPackages, type LookUpRatings, toPackage } from './assess-packages.ts';
import { type CoverageDeps, coverageOf, coveringPackagesOf } from './coverage.ts';
import { unownedEvidence } from './evidence-coverage.ts';
import { addFixDates } from './fix-dates.ts';
import { ratingLists } from './rating-lists.ts';

/** Dependencies of `matchImage`. */
export interface MatchImageDeps extends CoverageDeps {
  readonly extensions: Extensions;
  readonly store: AssessmentDeps['store'] & Pick<Store, 'events'>;
  readonly lookUp?: LookUpRatings;
}

/** A report, and whether its image could be `clean`, apart from findings. */
export interface AssessedReport {
  readonly report: Report;
  readonly isAssessed: boolean;
  /** Namespaces whose advisories come from a published database that may be out of date. */
  readonly outdated: readonly string[];
}

/** Matches an image against the stored advisories and returns the report. */
export async function matchImage(
  target: Target,
  image: IndexedImage,
  deps: MatchImageDeps,
): Promise<AssessedReport> {
  const { findings, ratings, undecided, states } = await assessPackages(image.id, image.packages, {
    ...deps,
    countsDeclared: image.isSourceTree,
    isRemembered: image.isDescribed,
    ungrouped: image.ungrouped,
  });
  const { matches, suppressed } = await addFixDates(findings, deps);
  const coverage = await coverageOf(image, states, deps);
  const statuses = [...image.statuses, ...undecided].sort((a, b) => compareText(a.extension, b.extension));
  const isAssessed = isFullyAssessed({ packages: image.packages.length, coverage, statuses });
  const unread = image.claimedUnread ?? unownedEvidence({ ...image, packages: coveringPackagesOf(image) });
  const report: Report = {
    schemaVersion: 1,
    target,
    distro: image.distro,
    namespaces: image.namespaces,
    layers: image.layers,
    packages: image.reported ?? image.packages.map(toPackage),
    ...(unread.length > 0 && { unread }),
    matches,
    suppressed,
    ratings: {
      ...ratings,
      lists: ratingLists(deps.extensions.enrichers, states, {
        ...deps,
        namespaces: namespacesWithAdvisories(image, deps.extensions),
      }),
    },
    verdict: verdictOf(findings, isAssessed),
    coverage: coverage.map(({ isNeverLoaded, isOutOfSupport, isOutdated, isClaimed, ...known }) => known),
    statuses,
  };
  const outdated = coverage.filter(({ isOutdated }) => isOutdated).map(({ namespace }) => namespace);
  return { report, isAssessed, outdated };
}

function namespacesWithAdvisories({ namespaces }: IndexedImage, { sources }: Extensions): string[] {
  return namespaces
    .filter((namespace) => feedsFor(namespace, sources).length > 0)
    .map((namespace) => advisoryNamespaceOf(namespace).name);
}
