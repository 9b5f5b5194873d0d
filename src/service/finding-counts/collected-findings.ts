import type { FleetMove } from '../../match/upgrades/upgrade-proposals.ts';
import type { WeighedFinding } from '../../match/upgrades/weighed-finding.ts';
import type { ImageSum, UpgradeFinding, UpgradeSet } from '../../store/finding-index-store.ts';
import type { FleetBaseMoves } from './fleet-base-moves.ts';
import { keyOfFinding, weighedFinding } from './fleet-finding.ts';

/** A finding of one version of a package, in any number of package sets in which the same package contains it. */
interface CollectedFinding {
  readonly finding: UpgradeFinding;
  /** Key of the move to a newer base image that replaces it. It then counts only the images of that move. */
  readonly move: string | undefined;
  images: number;
  weight: number;
  readonly sets: number[];
}

/** The findings of package sets: each once, and once more for each parent, and for each move that replaces it in some images. */
export class CollectedFindings {
  readonly #replaced: FleetBaseMoves['replaced'];
  readonly #openedBy: WeakMap<object, FleetMove>;
  /** Number of images by package set, without those of moves. */
  readonly #otherImages = new Map<number, number>();
  readonly #found = new Map<string, CollectedFinding>();
  readonly #collectedOf = new WeakMap<object, CollectedFinding>();

  constructor({ moves, replaced }: FleetBaseMoves) {
    this.#replaced = replaced;
    this.#openedBy = new WeakMap(
      moves.flatMap((move) => move.findings.map((finding) => [finding.package, move] as const)),
    );
  }

  /** Adds a package set, each once. */
  add({ set, images, weight, findings }: UpgradeSet): void {
    const moved = [...(this.#replaced.get(set) ?? [])];
    const others = {
      images: images - sumOf(moved.map(([, some]) => some.images)),
      weight: weight - sumOf(moved.map(([, some]) => some.weight)),
    };
    this.#otherImages.set(set, others.images);
    for (const finding of findings) {
      for (const [move, some] of moved) this.#count(finding, { set, ...some, move });
      if (others.images > 0) this.#count(finding, { set, ...others, move: undefined });
    }
  }

  #count(
    finding: UpgradeFinding,
    { set, images, weight, move }: ImageSum & Pick<CollectedFinding, 'move'> & { readonly set: number },
  ): void {
    const key = `${keyOfFinding(finding)} ${move ?? ''}`;
    let known = this.#found.get(key);
    if (known === undefined) {
      known = { finding, move, images: 0, weight: 0, sets: [] };
      this.#found.set(key, known);
    }
    known.images += images;
    known.weight += weight;
    known.sets.push(set);
  }

  findings(): WeighedFinding[] {
    return Array.from(this.#found.values(), (collected) => {
      const { finding, move } = collected;
      const weighed = { ...weighedFinding(finding, collected), ...(move !== undefined && { move }) };
      this.#collectedOf.set(weighed.package, collected);
      return weighed;
    });
  }

  /**
   * Returns the number of images that have any of some findings. An image counts for each of its package sets that has one. A finding that
   * only a newer base image has counts in all images that have moved to it.
   */
  imagesOf(findings: readonly WeighedFinding[]): number {
    const setsOf = new Map<string | undefined, Set<number>>();
    const opened = new Set<FleetMove>();
    for (const { package: item } of findings) {
      const by = this.#openedBy.get(item);
      if (by !== undefined) opened.add(by);
      const collected = this.#collectedOf.get(item);
      if (collected === undefined) continue;
      const sets = setsOf.get(collected.move) ?? new Set();
      setsOf.set(collected.move, sets);
      for (const set of collected.sets) sets.add(set);
    }
    const images = Array.from(setsOf, ([move, sets]) =>
      sumOf(Array.from(sets, (set) => this.#imagesOfSet(set, move))),
    );
    return sumOf(images) + sumOf(Array.from(opened, (move) => move.images));
  }

  #imagesOfSet(set: number, move: string | undefined): number {
    return (
      (move === undefined ? this.#otherImages.get(set) : this.#replaced.get(set)?.get(move)?.images) ?? 0
    );
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
