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
    reason: reasonOf(kind, { count: found.length, example: paths[0], isCut }),
    evidence: { count: found.length, paths, ...(isCut && { truncated: true }) },
  };
}

function reasonOf(
  kind: EvidenceKind,
  { count, example, isCut }: { count: number; example: string | undefined; isCut: boolean },
): string {
  const sample = example === undefined ? '' : `, e.g. ${example}`;
  return `${isCut ? 'at least ' : ''}${countedEvidence(kind, count)} ${count === 1 ? 'is' : 'are'} not read${sample}`;
}
