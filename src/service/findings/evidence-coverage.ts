import { limits } from '../../kit/limits.ts';
import type { ImageEvidence, SquashedEvidence } from '../../match/evidence.ts';
import type { FileOwner } from '../../match/file-owners.ts';
import { countedEvidence, type EvidenceKind, evidenceKinds } from '../../model/evidence/kinds.ts';
import type { Coverage } from '../../model/report.ts';
import type { ImagePackage } from '../../store/store.ts';

/** What decides which evidence is covered. */
export interface EvidenceContext {
  readonly evidence: ImageEvidence;
  readonly packages: readonly ImagePackage[];
  /** Coverage of the namespaces of the packages. */
  readonly coverage: readonly Coverage[];
}

/**
 * Coverage of what is in an image and not listed, by kind. What a package owns is covered by the advisories of its distribution, if
 * these are there. A file that packages were listed from, by a plugin say, is read.
 */
export function evidenceCoverage({ evidence, packages, coverage }: EvidenceContext): Coverage[] {
  const isAssessed = assessedOwners(packages, coverage);
  const listed = new Set(packages.map(({ location }) => location.path));
  const open = evidence.found.filter(
    ({ path, owner }) => !listed.has(path) && (owner === undefined || !isAssessed(owner)),
  );
  const byKind = Map.groupBy(open, ({ kind }) => kind);
  const cut = new Set(evidence.cut);
  return evidenceKinds.flatMap((kind) => {
    const found = byKind.get(kind) ?? [];
    return found.length === 0 && !cut.has(kind) ? [] : [coverageOfKind(kind, found, cut.has(kind))];
  });
}

/** Whether the packages of an owner are compared with advisories. */
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

function coverageOfKind(kind: EvidenceKind, found: readonly SquashedEvidence[], isCut: boolean): Coverage {
  const paths = found.slice(0, limits.evidencePaths).map(({ path }) => path);
  return {
    namespace: kind,
    status: 'unsupported',
    newestAdvisory: null,
    fetchedAt: null,
    reason: reasonOf(kind, found, isCut),
    evidence: { count: found.length, paths, ...(isCut && { truncated: true }) },
  };
}

function reasonOf(kind: EvidenceKind, found: readonly SquashedEvidence[], isCut: boolean): string {
  const [first] = found;
  const owned = found.filter(({ owner }) => owner !== undefined).length;
  const words = [
    `${isCut ? 'at least ' : ''}${countedEvidence(kind, found.length)} ${found.length === 1 ? 'is' : 'are'} not read`,
    first === undefined ? '' : `, e.g. ${first.path}`,
    owned === 0
      ? ''
      : `; ${owned} of them ${owned === 1 ? 'is' : 'are'} owned by packages that are not assessed`,
  ];
  return words.join('');
}
