import type { Kysely } from 'kysely';
import { padToPowerOfTwo, splitIntoChunks } from '../../../kit/collections.ts';
import type { Tables } from '../schema.ts';
import { keyOfVulnerability } from './age-groups.ts';

/** Number of sets per statement. */
const setsAtATime = 10;

/** Number of findings of sets that are held. Each takes eight bytes. */
const heldFindings = 2_000_000;

/** A key of a vulnerability and a rank as one number. */
const ranks = 8;

/** Reads the vulnerabilities of package sets. Sets that many images share are read once. */
export class SetVulnerabilities {
  readonly #db: Kysely<Tables>;
  readonly #sets = new Map<number, Float64Array>();
  #held = 0;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Returns the worst rank of each vulnerability of some sets, by the keys of vulnerabilities. */
  async worstOf(sets: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const worst = new Map<number, number>();
    const add = (found: Float64Array): void => {
      for (const one of found) {
        const [key, rank] = [Math.floor(one / ranks), one % ranks];
        worst.set(key, Math.min(rank, worst.get(key) ?? rank));
      }
    };
    const missing: number[] = [];
    for (const set of sets) {
      const held = this.#sets.get(set);
      if (held === undefined) missing.push(set);
      else add(held);
    }
    for (const some of splitIntoChunks(missing, setsAtATime))
      for (const [set, found] of await this.#read(some)) {
        add(found);
        this.#hold(set, found);
      }
    return worst;
  }

  async #read(sets: readonly number[]): Promise<ReadonlyMap<number, Float64Array>> {
    const rows = await this.#db
      .selectFrom('set_finding')
      .innerJoin('finding', 'finding.id', 'set_finding.finding_id')
      .select(['set_finding.set_id', 'finding.name', 'finding.rank'])
      .where('set_finding.set_id', 'in', padToPowerOfTwo(sets))
      .execute();
    const bySet = Map.groupBy(rows, (row) => row.set_id);
    return new Map(
      sets.map((set) => {
        const found = (bySet.get(set) ?? []).map(({ name, rank }) => keyOfVulnerability(name) * ranks + rank);
        return [set, Float64Array.from(found)];
      }),
    );
  }

  #hold(set: number, found: Float64Array): void {
    if (this.#held + found.length > heldFindings) {
      this.#sets.clear();
      this.#held = 0;
    }
    this.#sets.set(set, found);
    this.#held += found.length;
  }
}
