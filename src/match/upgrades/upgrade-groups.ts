import { isDistributionType } from '../../model/namespace.ts';
import { majorLineOf } from './version-order.ts';
import type { WeighedFinding } from './weighed-finding.ts';

/** A set of findings that one upgrade can close: findings of one source package, of one language package in one major line, or of one parent. */
export interface UpgradeGroup {
  readonly key: string;
  readonly kind: 'distro-package' | 'language-package';
  readonly namespace: string | null;
  /** The name of the source package, of the language package, or of the parent. */
  readonly package: string;
  /** Whether the packages of the findings are parts of `package`, whose fixed versions are unknown. */
  readonly isParent: boolean;
}

/** Returns the group of a finding. */
export function groupOf({ package: item, evidence }: WeighedFinding): UpgradeGroup {
  const namespace = evidence[0]?.namespace ?? null;
  const { type, name, version, source, parent } = item;
  if (isDistributionType(type)) {
    const sourceName = source?.name ?? name;
    const key = JSON.stringify(['distro', namespace, sourceName]);
    return { key, kind: 'distro-package', namespace, package: sourceName, isParent: false };
  }
  const kind = 'language-package';
  if (parent !== undefined) {
    const key = JSON.stringify(['parent', namespace, parent.name, parent.version ?? '']);
    return { key, kind, namespace, package: parent.name, isParent: true };
  }
  const key = JSON.stringify(['language', namespace, name, majorLineOf(version)]);
  return { key, kind, namespace, package: name, isParent: false };
}
