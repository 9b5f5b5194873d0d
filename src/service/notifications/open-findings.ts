import { absentFunctions } from '../../match/absent-functions.ts';
import { appliesToSourcePackage } from '../../match/applies.ts';
import { findingsOf, type Hit } from '../../match/findings.ts';
import { rowMatches } from '../../match/row-matches.ts';
import { isUnderInvestigation, type Match } from '../../model/report.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { AffectedImage, StoredHit } from '../../store/image-store.ts';
import { toPackage } from '../findings/assess-packages.ts';

/** Packages of an image, and the rows that may make them vulnerable. */
interface InstalledHits extends Pick<AffectedImage, 'packages'> {
  readonly hits: readonly StoredHit[];
}

/** The findings of some advisories in an image. */
export interface OpenFindings {
  /** One for each package and vulnerability. Empty if the image is not affected. */
  readonly findings: readonly Match[];
  /** False if no version scheme can compare the installed version with the advisory's: the image may be affected. */
  readonly isCertain: boolean;
}

/** Returns the findings of earlier records whose advisories have none of the current findings. */
export function endedFindings(
  { packages, hits }: InstalledHits,
  current: OpenFindings,
  extensions: Pick<Extensions, 'schemes'>,
): OpenFindings {
  const keyOf = (source: string, id: string, namespace: string): string =>
    JSON.stringify([source, id, namespace]);
  const kept = new Set(
    current.findings.flatMap(({ evidence }) =>
      evidence.map(({ source, advisory, namespace }) => keyOf(source, advisory, namespace)),
    ),
  );
  const ended = hits.filter(({ source, id, namespace }) => !kept.has(keyOf(source, id, namespace.name)));
  return openFindings({ packages, hits: ended }, extensions);
}

/**
 * Returns the findings of packages by the rules of a report: those that count, and those that the vendor still investigates. A lock file
 * counts as in a source tree, as the store does not know the target. A version that no scheme can compare counts as a match.
 */
export function openFindings(
  { packages, hits }: InstalledHits,
  { schemes }: Pick<Extensions, 'schemes'>,
): OpenFindings {
  const found: Hit[] = [];
  let isCertain = false;
  for (const item of packages) {
    if (item.lookup === null) continue;
    for (const hit of hits) {
      const { version: installed } = (appliesToSourcePackage(hit.only) && item.lookup.source) || item.lookup;
      const isHit = rowMatches(hit, item, { version: installed, schemes });
      if (isHit === false) continue;
      isCertain ||= isHit === true;
      found.push({ ...hit, package: toPackage(item), installed, absent: absentFunctions(hit, item) });
    }
  }
  const { matches, suppressed } = findingsOf(
    found,
    (scheme, a, b) => schemes.find(({ name }) => name === scheme)?.compare(a, b),
    { countsDeclared: true },
  );
  return { findings: [...matches, ...suppressed.filter(isUnderInvestigation)], isCertain };
}
