import {
  type FleetMove,
  type ProposalDeps,
  proposeFleetMove,
  type UpgradeProposal,
} from './upgrade-proposals.ts';
import type { WeighedFinding } from './weighed-finding.ts';

/** The moves of many images to newer base images, each with the open findings that it replaces. A move that is made has none left. */
export class FleetMoves {
  readonly #deps: ProposalDeps;
  readonly #moves: ReadonlyMap<string, { readonly move: FleetMove; readonly open: Set<WeighedFinding> }>;
  readonly #proposals = new Map<string, UpgradeProposal | undefined>();

  constructor(moves: readonly FleetMove[], deps: ProposalDeps) {
    this.#deps = deps;
    this.#moves = new Map(moves.map((move) => [move.key, { move, open: new Set() }]));
  }

  /** Adds an open finding. Those of a new base image have no move. */
  open(finding: WeighedFinding): void {
    this.#openOf(finding)?.add(finding);
  }

  close(findings: readonly WeighedFinding[]): void {
    for (const finding of findings) this.#openOf(finding)?.delete(finding);
  }

  *proposals(): Iterable<UpgradeProposal> {
    for (const [key, { move, open }] of this.#moves) {
      if (!this.#proposals.has(key)) this.#proposals.set(key, proposeFleetMove(move, [...open], this.#deps));
      const proposal = this.#proposals.get(key);
      if (proposal !== undefined) yield proposal;
    }
  }

  /** Returns the open findings of the move of a finding, of which a proposal must then be made again. */
  #openOf({ move }: WeighedFinding): Set<WeighedFinding> | undefined {
    if (move === undefined) return undefined;
    this.#proposals.delete(move);
    return this.#moves.get(move)?.open;
  }
}
