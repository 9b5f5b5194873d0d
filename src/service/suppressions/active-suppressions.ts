import {
  indexSuppressions,
  type ParseSuppressions,
  type SuppressionIndex,
  type Suppressions,
  withStatements,
} from '../../match/suppress/decide.ts';
import { isUnexpired } from '../../match/suppress/ignore-rules.ts';
import type { AttachedVexSummary } from '../../model/report.ts';
import type { Store } from '../../store/store.ts';
import { attachedStatementsOn } from './attached-statements.ts';
import { readSavedFiles } from './saved-files.ts';
import type { VexKeys } from './vex-keys.ts';

/** Dependencies of `ActiveSuppressions`. */
export interface ActiveSuppressionsDeps {
  readonly store: Pick<Store, 'suppressions' | 'attachedVex'>;
  readonly parse: ParseSuppressions;
  /** The rules and statements of files on the server. They apply before those of clients. */
  readonly ofServer: Suppressions;
  /** The keys whose documents count if they are attached to an image. */
  readonly vexKeys: VexKeys;
  readonly now: () => Date;
  /** Called for a saved file that this version cannot read, or that has too many rules. It suppresses nothing. */
  readonly onUnreadable: (name: string, error: unknown) => void;
}

/** Rules and statements that apply to one image, and a summary of the documents that are attached to it. */
export interface ImageSuppressions {
  readonly index: SuppressionIndex;
  /** Undefined if no scan has looked for attached documents. */
  readonly attached: AttachedVexSummary | undefined;
}

/**
 * The rules and VEX statements that apply to all images of a server: those of its files, and those that clients have saved. Statements that
 * are attached to an image apply to it only, and are read for it.
 */
export class ActiveSuppressions {
  readonly #deps: ActiveSuppressionsDeps;
  #saved: { readonly revision: number; readonly suppressions: Suppressions } | undefined;
  #indexed: { readonly of: Suppressions; readonly day: string; readonly index: SuppressionIndex } | undefined;

  constructor(deps: ActiveSuppressionsDeps) {
    this.#deps = deps;
  }

  /** Returns what applies today. Costs one small query, unless something was saved since. */
  async current(): Promise<SuppressionIndex> {
    const of = await this.#readSaved();
    const day = this.#deps.now().toISOString().slice(0, 10);
    if (this.#indexed?.of !== of || this.#indexed.day !== day)
      this.#indexed = { of, day, index: indexOf([this.#deps.ofServer, of], day) };
    return this.#indexed.index;
  }

  /** Returns whether something may be suppressed. */
  async mayApply(): Promise<boolean> {
    return !this.#deps.vexKeys.isEmpty || !(await this.current()).isEmpty;
  }

  /** Returns what applies to a known image today, by its number. */
  async forImage(image: number): Promise<ImageSuppressions> {
    const { statements, summary } = await attachedStatementsOn(image, this.#deps);
    return { index: withStatements(await this.current(), statements), attached: summary };
  }

  /** Returns which of these known images may have statements of their own. */
  async withOwnStatements(images: readonly number[]): Promise<ReadonlySet<number>> {
    if (this.#deps.vexKeys.isEmpty) return new Set();
    return await this.#deps.store.attachedVex.findWithDocuments(images);
  }

  async #readSaved(): Promise<Suppressions> {
    const { suppressions: saved } = this.#deps.store;
    // Before the files, so that a change in between is read again.
    const revision = await saved.revision();
    if (this.#saved?.revision !== revision) {
      const read = readSavedFiles(await saved.list(), this.#deps.parse);
      for (const { file, error } of read) if (error !== undefined) this.#deps.onUnreadable(file.name, error);
      this.#saved = { revision, suppressions: joined(read.map(({ suppressions }) => suppressions)) };
    }
    return this.#saved.suppressions;
  }
}

function indexOf(all: readonly Suppressions[], day: string): SuppressionIndex {
  const { rules, statements } = joined(all);
  return indexSuppressions({ rules: rules.filter((rule) => isUnexpired(rule, day)), statements });
}

/** Returns rules and statements of several files, in their order. */
export function joined(all: readonly Suppressions[]): Suppressions {
  return {
    rules: all.flatMap(({ rules }) => rules),
    statements: all.flatMap(({ statements }) => statements),
  };
}
