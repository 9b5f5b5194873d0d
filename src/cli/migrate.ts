import { ClairError } from '../core/errors.ts';
import { globMatches } from '../kit/glob.ts';
import { pluralize } from '../report/report-text.ts';
import { type MigrationCount, migrateClair2 } from '../service/migration/migrate-clair2.ts';
import { alignColumns } from './align-columns.ts';
import { type DatabaseOptions, openCommandContext } from './command-context.ts';
import { writeJsonOrText } from './output.ts';
import type { ConsoleOptions } from './progress.ts';

/** Options of `clair migrate`. */
export interface MigrateOptions extends Pick<DatabaseOptions, 'db' | 'loaded' | 'timeout'>, ConsoleOptions {
  /** Connection string of the database of Clair 2. */
  readonly from: string;
  /** Patterns of `namespace/name`. */
  readonly include?: readonly string[];
  readonly dryRun?: boolean;
  readonly format: 'table' | 'json';
}

/** Exit status if rows are damaged. The others are taken over. */
const damagedStatus = 3;

/**
 * Runs `clair migrate`: takes over what users wrote into a database of Clair 2. Returns 3 if rows are damaged. Throws `usage` and `store-…`
 * errors.
 */
export async function migrateFromClair2(options: MigrateOptions): Promise<number> {
  const { from, include = [], dryRun: isDryRun = false, format, ...others } = options;
  const { openClair2 } = await import('../store/clair2/open-clair2.ts');
  await using source = await openClair2(from);
  await using context = await openCommandContext({ ...others, offline: true }, isDryRun ? 'read' : 'write');
  const { store, extensions, progress } = context;
  if (store.isReadOnly && !isDryRun)
    throw new ClairError(
      'usage',
      'the database cannot be written: name another one with --db, or add --dry-run',
    );
  const counts = await migrateClair2({
    source,
    store,
    extensions,
    isDryRun,
    now: store.now,
    isIncluded: (place) => include.some((pattern) => globMatches(pattern, place)),
    onProgress: (read) => {
      progress.show(`read ${read} rows of Clair 2`);
    },
  });
  progress.clear();
  writeJsonOrText(format, { schemaVersion: 1, dryRun: isDryRun, rows: counts }, () =>
    tableOf(counts, isDryRun),
  );
  return counts.some(({ outcome }) => outcome === 'damaged') ? damagedStatus : 0;
}

const heading = ['KIND', 'NAMESPACE', 'OUTCOME', 'COUNT', 'REASON', 'NAMES'];

function tableOf(counts: readonly MigrationCount[], isDryRun: boolean): string[] {
  const taken = (of: MigrationCount['kind']): number =>
    counts
      .filter(({ kind, outcome }) => kind === of && outcome === 'taken')
      .reduce((sum, { count }) => sum + count, 0);
  const verb = isDryRun ? 'would take over' : 'took over';
  const summary = `${verb} ${pluralize(taken('vulnerability'), 'vulnerability', 'vulnerabilities')} and ${pluralize(taken('notification'), 'notification')}`;
  if (counts.length === 0) return [`${summary}\n`];
  return [...alignColumns([heading, ...counts.map(rowOf)]), '', summary].map((line) => `${line}\n`);
}

function rowOf({ kind, namespace, outcome, count, reason, names }: MigrationCount): string[] {
  const more = count > names.length ? `, and ${count - names.length} more` : '';
  const shown = outcome === 'skipped' ? '-' : names.join(', ') + more;
  return [kind, namespace === '' ? '-' : namespace, outcome, String(count), reason, shown];
}
