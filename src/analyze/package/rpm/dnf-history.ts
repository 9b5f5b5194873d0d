import { limits } from '../../../core/limits.ts';
import { isWord } from '../listing.ts';
import { SqliteDatabase } from './sqlite.ts';
import type { SqliteValue } from './sqlite-record.ts';

/** The content of a history of dnf. */
export interface DnfHistory {
  /** Ids of the repositories that packages were installed from. */
  readonly repositories: readonly string[];
  readonly problems: readonly string[];
}

/** `TransactionItemAction::REMOVED` of dnf 4; dnf 5 has a table of its actions. */
const removedByDnf4 = 8;
const actionsOfDnf5 = 'trans_item_action';

/**
 * Reads `history.sqlite` of dnf 4 or `transaction_history.sqlite` of dnf 5: the repository of each package's last
 * action other than a removal. Packages that were removed since may still count: an extra repository shows more
 * findings, a missing one hides some.
 */
export function readDnfHistory(bytes: Uint8Array, log: Uint8Array | undefined): DnfHistory {
  const database = SqliteDatabase.open(bytes, log);
  if (typeof database === 'string') return { repositories: [], problems: [database] };
  const reader = new HistoryReader(database);
  const names = new Map(reader.rows('repo', ['id', 'repoid']).map(([id, name]) => [id, name]));
  const last = new Map(reader.steps().map(([item, repository]) => [item, repository]));
  const used = new Set([...last.values()].map((repository) => names.get(repository)));
  return { repositories: [...used].filter(isRepositoryId).sort(), problems: reader.problems };
}

class HistoryReader {
  readonly #database: SqliteDatabase;
  readonly problems: string[];

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.problems = [...database.problems];
  }

  /** Returns packages and their repositories in chronological order. */
  steps(): (readonly SqliteValue[])[] {
    const isDnf5 = this.#database.has(actionsOfDnf5);
    const removal = isDnf5 ? this.#removalOfDnf5() : removedByDnf4;
    const columns = ['item_id', 'repo_id', isDnf5 ? 'action_id' : 'action'];
    return this.rows('trans_item', columns).filter(([, , action]) => action !== removal);
  }

  #removalOfDnf5(): SqliteValue | undefined {
    return this.rows(actionsOfDnf5, ['id', 'name']).find(([, name]) => name === 'Remove')?.[0];
  }

  /** Returns the readable rows of a table. */
  rows(table: string, columns: readonly string[]): (readonly SqliteValue[])[] {
    const rows: (readonly SqliteValue[])[] = [];
    for (const row of this.#database.rows(table, columns) ?? [
      `has no table ${table} in the form that dnf creates`,
    ]) {
      if (rows.length + this.problems.length > limits.dnfHistoryRows) {
        this.problems.push(`has more than ${limits.dnfHistoryRows} rows in a table; the rest was not read`);
        break;
      }
      if (typeof row === 'string') this.problems.push(row);
      else rows.push(row);
    }
    return rows;
  }
}

/** Returns whether a name is a repository id. Names that begin with @ are dnf's own: `@System`, `@commandline`. */
function isRepositoryId(name: SqliteValue | undefined): name is string {
  return typeof name === 'string' && isWord(name) && !name.startsWith('@');
}
