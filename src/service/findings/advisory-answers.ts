import type { AdvisoryQuestion, StoredAnswer } from '../../match/peer-comparison/compare-with-peers.ts';
import { packageKeyOf, packageKeysOf } from '../../match/peer-comparison/package-index.ts';
import type { RowExplanation } from '../../model/explanation.ts';
import { type ScopedFeedState, statesFor } from '../../store/feed-state.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';
import {
  type ExplainFindingDeps,
  findUserKeys,
  type NamespacedPackage,
  namedRecordsOf,
  rowsFor,
} from './explain-finding.ts';

/** Answers what the advisories in the database say of a vulnerability and a package of an image. */
export class AdvisoryAnswers {
  readonly #packages = new Map<string, NamespacedPackage>();
  readonly #records = new Map<string, Promise<readonly StoredVulnerability[]>>();
  readonly #deps: ExplainFindingDeps;
  #states: Promise<readonly ScopedFeedState[]> | undefined;

  constructor(packages: readonly ImagePackage[], deps: ExplainFindingDeps) {
    this.#deps = deps;
    for (const item of packages) this.#add(item);
  }

  /**
   * Compares every row of the advisories with the package. Returns undefined if the image has no such package, or the database no
   * advisories for it.
   */
  async answer({ id, aliases, package: wanted }: AdvisoryQuestion): Promise<StoredAnswer | undefined> {
    const item = this.#packages.get(packageKeyOf(wanted));
    if (item === undefined) return undefined;
    this.#states ??= this.#deps.store.advisories.findFeedStates({ asOf: this.#deps.asOf });
    const states = await this.#states;
    if (statesFor(item.lookup.namespace.name, states).length === 0) return undefined;
    const records = await this.#recordsOf([id, ...aliases]);
    const userKeys = await findUserKeys(records, this.#deps);
    const rows = rowsFor(item, { records, states, userKeys, deps: this.#deps });
    return {
      ...outcomeOf(rows, records),
      records: records.map((record) => [record.id, ...record.aliases]),
      ...modifiedOf(records),
    };
  }

  #add(item: ImagePackage): void {
    const { lookup } = item;
    if (lookup === null) return;
    for (const key of packageKeysOf(item))
      if (!this.#packages.has(key)) this.#packages.set(key, { ...item, lookup });
  }

  async #recordsOf(names: readonly string[]): Promise<readonly StoredVulnerability[]> {
    const found = new Map<number, StoredVulnerability>();
    for (const name of names) {
      const known = this.#records.get(name) ?? namedRecordsOf(name, this.#deps);
      this.#records.set(name, known);
      for (const record of await known) found.set(record.number, record);
    }
    return [...found.values()];
  }
}

/** Returns what the row says that comes nearest to the package: that with the most checks. */
function outcomeOf(
  rows: readonly RowExplanation[],
  records: readonly StoredVulnerability[],
): Pick<StoredAnswer, 'outcome' | 'words'> {
  if (records.length === 0) return { outcome: 'no-record', words: '' };
  const [nearest] = rows.toSorted((a, b) => rankOf(b) - rankOf(a));
  if (nearest === undefined)
    return { outcome: 'no-row', words: `${records[0]?.id ?? ''} is about other packages` };
  const check = nearest.checks.at(-1);
  const words = `${nearest.source} ${nearest.advisory}: ${check?.words ?? ''}`;
  if (check === undefined || check.holds === true) return { outcome: 'applies', words };
  return { outcome: check.holds === null ? 'undecided' : check.name, words };
}

/** A row that applies is nearest, then one that cannot be decided. */
function rankOf({ checks }: RowExplanation): number {
  const holds = checks.at(-1)?.holds;
  return checks.length + (holds === true ? 100 : holds === null ? 50 : 0);
}

function modifiedOf(records: readonly StoredVulnerability[]): Pick<StoredAnswer, 'modified'> {
  const [oldest] = records.flatMap(({ modified }) => modified ?? []).sort();
  return oldest === undefined ? {} : { modified: oldest };
}
