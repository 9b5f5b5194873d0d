import { splitIntoChunks } from '../../kit/collections.ts';
import type { AdvisoryQuestion, StoredAnswer } from '../../match/peer-comparison/compare-with-peers.ts';
import { packageKeyOf, packageKeysOf } from '../../match/peer-comparison/package-index.ts';
import { spellingsOf } from '../../model/cve.ts';
import type { RowExplanation } from '../../model/explanation.ts';
import { type ScopedFeedState, statesFor } from '../../store/feed-state.ts';
import type { ImagePackage } from '../../store/image-store.ts';
import type { StoredVulnerability } from '../../store/vulnerability-store.ts';
import {
  compareRecords,
  type ExplainFindingDeps,
  findUserKeys,
  type NamespacedPackage,
  type RecordContext,
  rowsFor,
} from './explain-finding.ts';

/** Number of questions whose records are in memory at the same time. */
const questionsAtATime = 500;

/** A question whose package is known, and has advisories. */
interface OpenQuestion {
  readonly names: readonly string[];
  readonly item: NamespacedPackage;
}

/** Answers what the advisories in the database say of vulnerabilities and packages of an image. */
export class AdvisoryAnswers {
  readonly #packages = new Map<string, NamespacedPackage>();
  readonly #deps: ExplainFindingDeps;
  #states: Promise<readonly ScopedFeedState[]> | undefined;

  constructor(packages: readonly ImagePackage[], deps: ExplainFindingDeps) {
    this.#deps = deps;
    for (const item of packages) this.#add(item);
  }

  /**
   * Compares every row of the advisories with the packages, and returns an answer for each question. It is undefined if the image has no
   * such package, or the database no advisories for it. Asks the database once for hundreds of questions.
   */
  async answer(questions: readonly AdvisoryQuestion[]): Promise<readonly (StoredAnswer | undefined)[]> {
    this.#states ??= this.#deps.store.advisories.findFeedStates({ asOf: this.#deps.asOf });
    const states = await this.#states;
    const answers: (StoredAnswer | undefined)[] = [];
    for (const some of splitIntoChunks(questions, questionsAtATime)) {
      const open = some.map((question) => this.#open(question, states));
      const records = await this.#findRecords(open.flatMap((one) => one?.names ?? []));
      const userKeys = await findUserKeys(
        { records: [...new Set([...records.values()].flat())], states },
        this.#deps,
      );
      const context = { states, userKeys, deps: this.#deps };
      answers.push(...open.map((one) => one && answerOf(one, records, context)));
    }
    return answers;
  }

  #add(item: ImagePackage): void {
    const { lookup } = item;
    if (lookup === null) return;
    for (const key of packageKeysOf(item))
      if (!this.#packages.has(key)) this.#packages.set(key, { ...item, lookup });
  }

  #open(
    { id, aliases, package: wanted }: AdvisoryQuestion,
    states: readonly ScopedFeedState[],
  ): OpenQuestion | undefined {
    const item = this.#packages.get(packageKeyOf(wanted));
    if (item === undefined || statesFor(item.lookup.namespace.name, states).length === 0) return undefined;
    return { names: [id, ...aliases].flatMap(spellingsOf), item };
  }

  /** Returns records by each of their names. */
  async #findRecords(names: readonly string[]): Promise<RecordsByName> {
    const { store, asOf } = this.#deps;
    const numbers = await store.vulnerabilities.findNumbersByNames(names, { asOf });
    const byName = new Map<string, StoredVulnerability[]>();
    for (const record of (await store.vulnerabilities.findByNumbers(numbers)).toSorted(compareRecords))
      for (const name of new Set([record.id, ...record.aliases])) {
        const named = byName.get(name);
        if (named === undefined) byName.set(name, [record]);
        else named.push(record);
      }
    return byName;
  }
}

type RecordsByName = ReadonlyMap<string, readonly StoredVulnerability[]>;

function answerOf(
  { names, item }: OpenQuestion,
  byName: RecordsByName,
  context: Omit<RecordContext, 'records'>,
): StoredAnswer {
  const records = [...new Set(names.flatMap((name) => byName.get(name) ?? []))];
  return {
    ...outcomeOf(rowsFor(item, { ...context, records }), records),
    records: records.map((record) => [record.id, ...record.aliases]),
    ...modifiedOf(records),
  };
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
