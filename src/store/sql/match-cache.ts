import { limits } from '../../core/limits.ts';
import type { StoredHit } from '../image-store.ts';

/** A hit on the package at a position of a set. */
export interface SetMatch {
  readonly position: number;
  readonly hit: StoredHit;
}

interface Entry {
  readonly revision: string;
  readonly matches: readonly SetMatch[];
}

/**
 * The matches of package sets, by the identities of the sets. They hold for one revision of the advisories. The sets that were used least
 * recently are dropped when there are more than `limits.cachedMatches`.
 */
export class MatchCache {
  readonly #entries = new Map<string, Entry>();
  #matches = 0;

  /** Returns the matches of a set; undefined if they are not known for this revision. */
  get(set: string, revision: string): readonly SetMatch[] | undefined {
    const entry = this.#entries.get(set);
    if (entry?.revision !== revision) return undefined;
    this.#entries.delete(set);
    this.#entries.set(set, entry);
    return entry.matches;
  }

  set(set: string, revision: string, matches: readonly SetMatch[]): void {
    this.#drop(set);
    if (weightOf(matches) > limits.cachedMatches) return;
    this.#entries.set(set, { revision, matches });
    this.#matches += weightOf(matches);
    for (const oldest of this.#entries.keys()) {
      if (this.#matches <= limits.cachedMatches) break;
      this.#drop(oldest);
    }
  }

  #drop(set: string): void {
    const entry = this.#entries.get(set);
    if (entry === undefined) return;
    this.#entries.delete(set);
    this.#matches -= weightOf(entry.matches);
  }
}

/** A set without matches also takes memory. */
function weightOf(matches: readonly SetMatch[]): number {
  return 1 + matches.length;
}
