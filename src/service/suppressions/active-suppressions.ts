import { indexSuppressions, type SuppressionIndex, type Suppressions } from '../../match/suppress/decide.ts';
import { isUnexpired } from '../../match/suppress/ignore-rules.ts';
import type { Store } from '../../store/store.ts';

/** A file of rules or a VEX document. */
export interface SuppressionFile {
  /** Its end decides the format: `.json` is VEX, any other a file of rules. */
  readonly name: string;
  readonly content: string;
}

/** Reads a file. Throws `config-invalid` with the line of the first error. */
export type ParseSuppressions = (file: SuppressionFile) => Suppressions;

/** Dependencies of `ActiveSuppressions`. */
export interface ActiveSuppressionsDeps {
  readonly store: Pick<Store, 'suppressions'>;
  readonly parse: ParseSuppressions;
  /** The rules and statements of files on the server. They apply before those of clients. */
  readonly ofServer: Suppressions;
  readonly now: () => Date;
  /** Called for a saved file that this version cannot read. It suppresses nothing. */
  readonly onUnreadable: (name: string, error: unknown) => void;
}

/** The rules and VEX statements that apply to all images of a server: those of its files, and those that clients have saved. */
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

  async #readSaved(): Promise<Suppressions> {
    const { suppressions: saved } = this.#deps.store;
    // Before the files, so that a change in between is read again.
    const revision = await saved.revision();
    if (this.#saved?.revision !== revision) {
      const read = (await saved.list()).map((file) => this.#parse(file));
      this.#saved = { revision, suppressions: joined(read) };
    }
    return this.#saved.suppressions;
  }

  #parse(file: SuppressionFile): Suppressions {
    try {
      return this.#deps.parse(file);
    } catch (error) {
      this.#deps.onUnreadable(file.name, error);
      return { rules: [], statements: [] };
    }
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
