import { compareText } from '../../model/order.ts';
import type { PlannedUpgrade, UpgradedPackage } from '../../model/upgrade.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { totalRisk, type UpgradePriors } from './finding-risk.ts';
import type { UpgradeGroup } from './upgrade-groups.ts';
import { affectedPackageOf, targetOf, type UpgradeTarget } from './upgrade-targets.ts';
import { sortedVersions } from './version-order.ts';
import type { WeighedFinding } from './weighed-finding.ts';

/** An upgrade that may be listed, with the findings that it closes and opens. */
export interface UpgradeProposal
  extends Pick<PlannedUpgrade, 'kind' | 'namespace' | 'package' | 'versions' | 'fixedVersion' | 'packages'> {
  /** Distinct among proposals; orders those of equal gain. */
  readonly key: string;
  readonly closes: readonly WeighedFinding[];
  readonly opens: readonly WeighedFinding[];
  readonly gain: number;
  /** Of many images that get a newer base image: their number. */
  readonly images?: number;
}

/** A base image that an image could have instead of its own. */
export interface BaseMove {
  /** The name of the new base image. */
  readonly base: string;
  /** Its findings. */
  readonly findings: readonly WeighedFinding[];
}

/** A newer base image for many images. It replaces the findings whose `move` is its key. */
export interface FleetMove extends BaseMove {
  /** Distinct among moves. */
  readonly key: string;
  /** Number of images. */
  readonly images: number;
  /** Digests of the base images that they leave. */
  readonly from: readonly string[];
  /** Digest of the new base image. Null if it has none. */
  readonly to: string | null;
}

/** Dependencies of proposals. */
export interface ProposalDeps {
  readonly schemes: readonly VersionScheme[];
  readonly priors: UpgradePriors;
}

/** Proposes the upgrade of a group. Undefined if it closes nothing. */
export function proposeUpgrade(
  group: UpgradeGroup,
  open: readonly WeighedFinding[],
  { schemes, priors }: ProposalDeps,
): UpgradeProposal | undefined {
  const target = targetOf(group, open, schemes);
  if (target === undefined) return undefined;
  const { key, kind, namespace, package: name } = group;
  const { closes, version } = target;
  return {
    key,
    kind,
    namespace,
    package: name,
    closes,
    opens: [],
    versions: installedVersions(group, closes, schemes),
    fixedVersion: version ?? null,
    packages: upgradedPackages(closes, target),
    gain: totalRisk(closes, priors),
  };
}

/** Proposes a rebuild: it installs the fixed versions of all packages that the instructions of the image install. */
export function proposeRebuild(
  open: readonly WeighedFinding[],
  { priors }: ProposalDeps,
): UpgradeProposal | undefined {
  const closes = open.filter(({ isRebuilt, fix }) => isRebuilt === true && fix.state === 'fixed');
  if (closes.length === 0) return undefined;
  return {
    key: 'rebuild',
    kind: 'rebuild',
    namespace: null,
    package: null,
    versions: [],
    fixedVersion: null,
    closes,
    opens: [],
    packages: rebuiltPackages(closes),
    gain: totalRisk(closes, priors),
  };
}

/** Proposes another base image for the image of some open findings. */
export function proposeBase(
  move: BaseMove,
  open: readonly WeighedFinding[],
  deps: ProposalDeps,
): UpgradeProposal | undefined {
  return proposeMove(
    move,
    open.filter(({ isOfBase }) => isOfBase === true),
    deps,
  );
}

/** Proposes a newer base image for many images, by the open findings of their present ones. */
export function proposeFleetMove(
  move: FleetMove,
  open: readonly WeighedFinding[],
  deps: ProposalDeps,
): UpgradeProposal | undefined {
  const proposal = proposeMove(move, open, deps);
  if (proposal === undefined) return undefined;
  const { key, images, from, to } = move;
  return { ...proposal, key: JSON.stringify(['move', key]), versions: from, fixedVersion: to, images };
}

/** A difference of two sums below this is an error of rounding. */
const leastGain = 1e-9;

/** Proposes another base image: its findings replace those of the present one. Undefined if that removes no risk. */
function proposeMove(
  { base, findings }: BaseMove,
  closes: readonly WeighedFinding[],
  { priors }: ProposalDeps,
): UpgradeProposal | undefined {
  const gain = totalRisk(closes, priors) - totalRisk(findings, priors);
  if (gain < leastGain) return undefined;
  return {
    key: JSON.stringify(['base', base]),
    kind: 'base-image',
    namespace: null,
    package: base,
    versions: [],
    fixedVersion: null,
    packages: [],
    closes,
    gain,
    opens: findings.map((finding) => ({ ...finding, isOfBase: true })),
  };
}

function installedVersions(
  { isParent }: UpgradeGroup,
  closes: readonly WeighedFinding[],
  schemes: readonly VersionScheme[],
): string[] {
  const versions = closes.flatMap(({ package: item, evidence }) =>
    isParent ? (item.parent?.version ?? []) : (evidence[0]?.installed ?? item.version),
  );
  return sortedVersions(versions, closes[0]?.evidence[0]?.versionScheme ?? '', schemes);
}

/** Returns the packages whose findings a target closes, each with its own fixed version. */
function upgradedPackages(
  closes: readonly WeighedFinding[],
  { versionOf }: UpgradeTarget,
): UpgradedPackage[] {
  return distinctPackages(closes, (finding) => versionOf(affectedPackageOf(finding)));
}

function rebuiltPackages(closes: readonly WeighedFinding[]): UpgradedPackage[] {
  return distinctPackages(closes, ({ fix }) => (fix.state === 'fixed' ? fix.version : undefined));
}

function distinctPackages(
  findings: readonly WeighedFinding[],
  fixedVersionOf: (finding: WeighedFinding) => string | undefined,
): UpgradedPackage[] {
  const packages = new Map<string, UpgradedPackage>();
  for (const finding of findings) {
    const { type, name, version, source } = finding.package;
    const fixedVersion = fixedVersionOf(finding);
    if (fixedVersion === undefined) continue;
    const installed = finding.evidence[0]?.installed;
    const comparesSource = installed !== version && installed === source?.version;
    packages.set(`${type}\n${name}\n${version}`, { type, name, version, fixedVersion, comparesSource });
  }
  return [...packages.values()].sort(
    (a, b) => compareText(a.name, b.name) || compareText(a.version, b.version) || compareText(a.type, b.type),
  );
}
