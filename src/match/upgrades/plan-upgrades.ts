import { compareText } from '../../model/order.ts';
import { compareSeverity } from '../../model/severity.ts';
import type {
  PlannedUpgrade,
  RemainingFinding,
  RemainingFindings,
  RemainingReason,
  UpgradePlan,
  UpgradeRanking,
} from '../../model/upgrade.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { priorsOf, totalRisk, type UpgradePriors } from './finding-risk.ts';
import { FleetMoves } from './fleet-moves.ts';
import { groupOf, type UpgradeGroup } from './upgrade-groups.ts';
import {
  type BaseMove,
  type FleetMove,
  type ProposalDeps,
  proposeBase,
  proposeRebuild,
  proposeUpgrade,
  type UpgradeProposal,
} from './upgrade-proposals.ts';
import { upgradeText } from './upgrade-text.ts';
import { differenceOfSums, sumOf, type WeighedFinding } from './weighed-finding.ts';

/** Options of `planUpgrades`. */
export interface UpgradePlanOptions {
  readonly schemes: readonly VersionScheme[];
  /** Maximum number of upgrades; all by default. */
  readonly limit?: number | undefined;
  /** Base images that could replace that of the image. */
  readonly bases?: readonly BaseMove[];
  /** Of many images: the moves to newer base images. */
  readonly moves?: readonly FleetMove[];
  /** Returns the number of images that have any of some findings. By default, it is the largest number that one of them has. */
  readonly imagesOf?: (findings: readonly WeighedFinding[]) => number;
}

/**
 * Returns what to upgrade first. Each upgrade is the one that removes the most risk after those before it, so that upgrades that overlap do
 * not count twice. The result depends on the findings only, not on their order.
 */
export function planUpgrades(unsorted: readonly WeighedFinding[], options: UpgradePlanOptions): UpgradePlan {
  const { open, left, priors, ranking } = rankOpen(unsorted, options);
  // Upgrades behind the limit are applied as well, to know which findings only they close.
  for (let best = open.best(); best !== undefined; best = open.best()) open.apply(best);
  return { ...ranking, remaining: remainingOf(left, new Set(open.findings()), priors) };
}

/** Like `planUpgrades`, without the findings that are left. For many images: the cost depends on the limit. */
export function rankUpgrades(
  unsorted: readonly WeighedFinding[],
  options: UpgradePlanOptions,
): UpgradeRanking {
  return rankOpen(unsorted, options).ranking;
}

interface Ranked {
  readonly ranking: UpgradeRanking;
  readonly priors: UpgradePriors;
  readonly open: OpenFindings;
  /** The findings that the listed upgrades leave. */
  readonly left: readonly WeighedFinding[];
}

function rankOpen(unsorted: readonly WeighedFinding[], options: UpgradePlanOptions): Ranked {
  const {
    schemes,
    limit = Number.POSITIVE_INFINITY,
    bases = [],
    moves = [],
    imagesOf = mostImages,
  } = options;
  // Sums of fractions depend on the order.
  const findings = unsorted.toSorted(compareFindings);
  const priors = priorsOf([...findings, ...[...bases, ...moves].flatMap((move) => move.findings)]);
  const open = new OpenFindings(findings, { bases, moves }, { schemes, priors });
  const before = totalRisk(findings, priors);
  const upgrades: PlannedUpgrade[] = [];
  let residual = before;
  while (upgrades.length < limit) {
    const best = open.best();
    if (best === undefined) break;
    open.apply(best);
    residual -= best.gain;
    const images = best.images ?? imagesOf(best.closes);
    upgrades.push(toUpgrade(best, { rank: upgrades.length + 1, residual, images }));
  }
  const left = open.findings();
  const risk = { before: rounded(before), after: rounded(totalRisk(left, priors)) };
  const ranking = {
    upgrades,
    before: sumOf(findings),
    after: sumOf(left),
    risk,
    priors: [...priors.values()],
  };
  return { ranking, priors, open, left };
}

function mostImages(findings: readonly WeighedFinding[]): number {
  return findings.reduce((most, { weight }) => Math.max(most, weight), 0);
}

/** The findings that no upgrade of the list closes yet, and the best upgrade of each group of them. */
class OpenFindings {
  readonly #deps: ProposalDeps;
  readonly #groups = new Map<string, { readonly group: UpgradeGroup; findings: WeighedFinding[] }>();
  readonly #proposals = new Map<string, UpgradeProposal | undefined>();
  readonly #isRebuilt: boolean;
  readonly #moves: FleetMoves;
  #bases: readonly BaseMove[];

  constructor(
    findings: readonly WeighedFinding[],
    { bases, moves }: { readonly bases: readonly BaseMove[]; readonly moves: readonly FleetMove[] },
    deps: ProposalDeps,
  ) {
    this.#deps = deps;
    this.#bases = bases;
    this.#moves = new FleetMoves(moves, deps);
    this.#isRebuilt = findings.some(({ isRebuilt }) => isRebuilt);
    for (const finding of findings) this.#add(finding);
  }

  /** Returns the upgrade that removes the most risk. Undefined if none removes any. */
  best(): UpgradeProposal | undefined {
    let best: UpgradeProposal | undefined;
    for (const proposal of this.#all()) {
      if (proposal.gain > 0 && (best === undefined || compareProposals(proposal, best) < 0)) best = proposal;
    }
    return best;
  }

  /** Removes the findings that an upgrade closes, and adds those that it opens. */
  apply({ kind, closes, opens }: UpgradeProposal): void {
    const closed = new Set(closes);
    for (const key of new Set(closes.map((finding) => groupOf(finding).key))) {
      const entry = this.#groups.get(key);
      if (entry !== undefined) entry.findings = entry.findings.filter((finding) => !closed.has(finding));
      this.#proposals.delete(key);
    }
    this.#moves.close(closes);
    for (const finding of opens) this.#add(finding);
    if (kind === 'base-image') this.#bases = [];
  }

  findings(): WeighedFinding[] {
    return [...this.#groups.values()].flatMap((entry) => entry.findings);
  }

  *#all(): Iterable<UpgradeProposal> {
    for (const [key, { group, findings }] of this.#groups) {
      if (!this.#proposals.has(key)) this.#proposals.set(key, proposeUpgrade(group, findings, this.#deps));
      const proposal = this.#proposals.get(key);
      if (proposal !== undefined) yield proposal;
    }
    yield* this.#moves.proposals();
    if (!this.#isRebuilt && this.#bases.length === 0) return;
    const all = this.findings();
    const rebuild = proposeRebuild(all, this.#deps);
    if (rebuild !== undefined) yield rebuild;
    for (const move of this.#bases) {
      const proposal = proposeBase(move, all, this.#deps);
      if (proposal !== undefined) yield proposal;
    }
  }

  #add(finding: WeighedFinding): void {
    const group = groupOf(finding);
    const entry = this.#groups.get(group.key);
    if (entry === undefined) this.#groups.set(group.key, { group, findings: [finding] });
    else entry.findings.push(finding);
    this.#proposals.delete(group.key);
    this.#moves.open(finding);
  }
}

/** Sorts by gain, then by the number of closed findings, then by key. */
function compareProposals(a: UpgradeProposal, b: UpgradeProposal): number {
  return b.gain - a.gain || b.closes.length - a.closes.length || compareText(a.key, b.key);
}

function toUpgrade(
  proposal: UpgradeProposal,
  { rank, residual, images }: Pick<PlannedUpgrade, 'rank' | 'residual' | 'images'>,
): PlannedUpgrade {
  const { kind, namespace, package: name, versions, fixedVersion, packages, closes, opens, gain } = proposal;
  return {
    rank,
    kind,
    namespace,
    package: name,
    versions,
    fixedVersion,
    packages,
    images,
    closes: differenceOfSums(sumOf(closes), sumOf(opens)),
    gain: rounded(gain),
    residual: rounded(residual),
    text: upgradeText(proposal),
  };
}

/** Rounds a risk, so that the order of additions does not show in it. A rest of 0 is not negative. */
function rounded(risk: number): number {
  return Math.max(0, Math.round(risk * 1e6) / 1e6);
}

/** Groups the findings that are left by the reason, the reason with the most risk first. */
function remainingOf(
  left: readonly WeighedFinding[],
  unclosed: ReadonlySet<WeighedFinding>,
  priors: UpgradePriors,
): RemainingFindings[] {
  const groups = Map.groupBy(left, (finding) => reasonOf(finding, unclosed));
  return [...groups]
    .map(([reason, findings]) => ({
      reason,
      sum: sumOf(findings),
      risk: rounded(totalRisk(findings, priors)),
      findings: findings.toSorted(worstFirst).map(toRemaining),
    }))
    .sort((a, b) => b.risk - a.risk || compareText(a.reason, b.reason));
}

function reasonOf(finding: WeighedFinding, unclosed: ReadonlySet<WeighedFinding>): RemainingReason {
  const { state } = finding.fix;
  if (state !== 'fixed') return state;
  return unclosed.has(finding) ? 'not-closed' : 'not-listed';
}

function toRemaining({ vulnerability, package: item }: WeighedFinding): RemainingFinding {
  const { id, severity } = vulnerability;
  const { type, name, version } = item;
  return { id, severity, package: { type, name, version } };
}

function compareFindings(a: WeighedFinding, b: WeighedFinding): number {
  return (
    compareText(a.package.name, b.package.name) ||
    compareText(a.vulnerability.id, b.vulnerability.id) ||
    compareText(a.package.version, b.package.version) ||
    compareText(a.package.type, b.package.type) ||
    compareText(a.move ?? '', b.move ?? '')
  );
}

function worstFirst(a: WeighedFinding, b: WeighedFinding): number {
  return compareSeverity(b.vulnerability.severity, a.vulnerability.severity) || compareFindings(a, b);
}
