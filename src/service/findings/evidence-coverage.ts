import { limits } from '../../core/limits.ts';
import type { ImageEvidence, SquashedEvidence } from '../../match/evidence.ts';
import { isBehindProgram, namesWholeFile } from '../../match/package-files.ts';
import { isVendorPackage } from '../../match/vendor-packages.ts';
import type { Distro } from '../../model/distro.ts';
import {
  describeEvidence,
  describeEvidenceCount,
  type EvidenceKind,
  evidenceKinds,
  programKinds,
} from '../../model/evidence/kinds.ts';
import type { Coverage, CoverageEvidence, UnreadEvidence } from '../../model/report.ts';
import type { ImagePackage } from '../../store/image-store.ts';

/** Inputs that decide which evidence is covered. */
export interface EvidenceContext {
  readonly distro: Distro | null;
  readonly evidence: ImageEvidence;
  readonly packages: readonly ImagePackage[];
  /** Coverage of the namespaces of the packages. */
  readonly coverage: readonly Coverage[];
}

/**
 * Returns the coverage of evidence of unlisted packages, by kind. The advisories of its distribution cover a file that a package of the
 * distribution owns, if they are loaded. They do not cover packages of others. A file from which a lister, such as a plugin's, has listed
 * packages counts as read.
 */
export function evidenceCoverage({ evidence, packages, coverage, distro }: EvidenceContext): Coverage[] {
  if (evidence.found.length === 0)
    return countByKind([], evidence.cut).map((unread) => coverageOfUnread(unread));
  const isAssessed = assessedFiles(packages, coverage, distro);
  const isListed = listedFiles(packages);
  const open = evidence.found.filter((item) => !isListed(item) && !isAssessed(item));
  const isOwned = ({ owner }: SquashedEvidence): boolean => owner !== undefined;
  return countByKind(open, evidence.cut).map((unread) =>
    coverageOfUnread(unread, open.filter((one) => one.kind === unread.kind && isOwned(one)).length),
  );
}

/** Returns the evidence that no package owns and from which no packages were listed. It does not depend on advisories. */
export function unownedEvidence({
  evidence,
  packages,
}: Pick<EvidenceContext, 'evidence' | 'packages'>): UnreadEvidence[] {
  if (evidence.found.length === 0) return countByKind([], evidence.cut);
  const isListed = listedFiles(packages);
  const unowned = evidence.found.filter((item) => item.owner === undefined && !isListed(item));
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

/** Returns a predicate: whether the packages that were listed from a file stand for all of it. */
function listedFiles(packages: readonly ImagePackage[]): (item: SquashedEvidence) => boolean {
  const [listed, ofPrograms] = [new Set<string>(), new Set<string>()];
  for (const item of packages) {
    const { path } = item.location;
    if (!namesWholeFile(item)) continue;
    listed.add(path);
    if (!isBehindProgram(path, item)) ofPrograms.add(path);
  }
  return ({ kind, path }) => (programKinds.has(kind) ? ofPrograms : listed).has(path);
}

/** Returns a predicate: whether a package of the distribution that is matched against advisories owns a file. */
function assessedFiles(
  packages: readonly ImagePackage[],
  coverage: readonly Coverage[],
  distro: Distro | null,
): (item: SquashedEvidence) => boolean {
  const assessed = new Set(
    coverage.flatMap(({ namespace, status }) =>
      status === 'complete' || status === 'stale' ? [namespace] : [],
    ),
  );
  const matched = packages.filter(({ lookup }) => lookup !== null && assessed.has(lookup.namespace.name));
  const byName = Map.groupBy(matched, ({ foundBy, name }) => `${foundBy}\n${name}`);
  return ({ path, owner }) =>
    owner !== undefined &&
    (byName.get(`${owner.lister}\n${owner.name}`) ?? []).some(
      (item) => distro === null || isVendorPackage(item, path, distro),
    );
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
