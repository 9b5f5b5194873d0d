import { limits } from '../../core/limits.ts';
import type { ImageEvidence, SquashedEvidence } from '../../match/evidence.ts';
import type { FileOwner } from '../../match/file-owners.ts';
import {
  describeEvidence,
  describeEvidenceCount,
  type EvidenceKind,
  evidenceKinds,
} from '../../model/evidence/kinds.ts';
import type { Coverage, CoverageEvidence, UnreadEvidence } from '../../model/report.ts';
import type { ImagePackage } from '../../store/image-store.ts';

/** Inputs that decide which evidence is covered. */
export interface EvidenceContext {
  readonly evidence: ImageEvidence;
  readonly packages: readonly ImagePackage[];
  /** Coverage of the namespaces of the packages. */
  readonly coverage: readonly Coverage[];
}

/**
 * Returns the coverage of evidence of unlisted packages, by kind. The advisories of its distribution cover a file that a package owns, if
 * they are loaded. A file from which a lister, such as a plugin's, has listed packages counts as read.
 */
export function evidenceCoverage({ evidence, packages, coverage }: EvidenceContext): Coverage[] {
  const isAssessed = assessedOwners(packages, coverage);
  const listed = new Set(packages.map(({ location }) => location.path));
  const open = evidence.found.filter(
    ({ path, owner }) => !listed.has(path) && (owner === undefined || !isAssessed(owner)),
  );
  const isOwned = ({ owner }: SquashedEvidence): boolean => owner !== undefined;
  return countByKind(open, evidence.cut).map((unread) =>
    coverageOfUnread(unread, open.filter((one) => one.kind === unread.kind && isOwned(one)).length),
  );
}

/** Returns the evidence that no package owns and from which no packages were listed. It does not depend on advisories. */
export function unownedEvidence({ evidence, packages }: Omit<EvidenceContext, 'coverage'>): UnreadEvidence[] {
  const listed = new Set(packages.map(({ location }) => location.path));
  const unowned = evidence.found.filter(({ path, owner }) => owner === undefined && !listed.has(path));
  return countByKind(unowned, evidence.cut);
}

function countByKind(found: readonly SquashedEvidence[], cut: readonly EvidenceKind[]): UnreadEvidence[] {
  const byKind = Map.groupBy(found, ({ kind }) => kind);
  return evidenceKinds.flatMap((kind) => {
    const ofKind = byKind.get(kind) ?? [];
    if (ofKind.length === 0 && !cut.includes(kind)) return [];
    const paths = ofKind.slice(0, limits.evidencePaths).map(({ path }) => path);
    return [{ kind, count: ofKind.length, paths, ...(cut.includes(kind) && { truncated: true }) }];
  });
}

/** Returns a predicate: whether the packages of an owner are matched against advisories. */
function assessedOwners(
  packages: readonly ImagePackage[],
  coverage: readonly Coverage[],
): (owner: FileOwner) => boolean {
  const assessed = new Set(
    coverage.flatMap(({ namespace, status }) =>
      status === 'complete' || status === 'stale' ? [namespace] : [],
    ),
  );
  const names = new Set(
    packages.flatMap(({ foundBy, name, lookup }) =>
      lookup !== null && assessed.has(lookup.namespace.name) ? [`${foundBy}\n${name}`] : [],
    ),
  );
  return ({ lister, name }) => names.has(`${lister}\n${name}`);
}

/** Returns the coverage of one kind of evidence. `owned` is the number of files whose owners are not assessed. */
export function coverageOfUnread({ kind, ...evidence }: UnreadEvidence, owned: number = 0): Coverage {
  return {
    namespace: kind,
    status: 'unsupported',
    newestAdvisory: null,
    fetchedAt: null,
    reason: reasonOf(kind, evidence, owned),
    evidence,
  };
}

function reasonOf(
  kind: EvidenceKind,
  { count, paths: [example], truncated = false }: CoverageEvidence,
  owned: number,
): string {
  if (count === 0) return `${describeEvidence(kind)} of a layer are too many to count, and not all are read`;
  const parts = [
    `${truncated ? 'at least ' : ''}${describeEvidenceCount(kind, count)} ${count === 1 ? 'is' : 'are'} not read`,
    example === undefined ? '' : `, e.g. ${example}`,
    owned === 0
      ? ''
      : `; ${owned} of them ${owned === 1 ? 'is' : 'are'} owned by packages that are not assessed`,
  ];
  return parts.join('');
}
