import { ClairError } from '../../core/errors.ts';
import type { ParseSuppressions } from '../../match/suppress/decide.ts';
import { isUnexpired } from '../../match/suppress/ignore-rules.ts';
import { compareText } from '../../model/order.ts';
import { formatPurl } from '../../model/purl.ts';
import type { IgnoreRule, VexProduct, VexStatement } from '../../model/suppression.ts';
import type { PageRequest } from '../../store/page.ts';
import type { Store } from '../../store/store.ts';
import type { SavedSuppression } from '../../store/suppression-store.ts';

/** A rule or a VEX statement of a saved file. */
export interface ListedStatement {
  readonly file: string;
  readonly kind: 'rule' | 'vex' | 'unreadable';
  /** Names of the vulnerability. Empty for a rule about all vulnerabilities of a package. */
  readonly vulnerabilities: readonly string[];
  /** `ignored` for a rule, otherwise the status of VEX. Null for a file that cannot be read. */
  readonly status: 'ignored' | VexStatement['status'] | null;
  /** The findings that it is about, as text, one part for each selector or product. */
  readonly scope: readonly string[];
  readonly justification: string | null;
  /** The reason of a rule, the explanation of a statement, or why the file cannot be read. */
  readonly reason: string | null;
  /** The author of a VEX document. For a rule, the client that has saved it. */
  readonly author: string | null;
  /** The time of a statement, or that of the save, ISO 8601. */
  readonly at: string;
  /** The last day on which it applies. Null if it has no end. */
  readonly expires: string | null;
  readonly state: 'active' | 'expired' | 'unreadable';
}

/** Where a page of statements ends: the name of the file, and the number of the statement in it. */
export type StatementPlace = readonly [file: string, position: number];

/** A page of statements, by file and in the order of the file. `next` is absent on the last page. */
export interface StatementPage {
  readonly rows: readonly ListedStatement[];
  readonly next?: StatementPlace | undefined;
}

/** Dependencies of `pageStatements`. */
export interface ListStatementsDeps {
  readonly store: Pick<Store, 'suppressions'>;
  readonly parse: ParseSuppressions;
  readonly now: () => Date;
}

/**
 * Returns a page of the rules and statements that clients have saved. Reads the saved files, which are at most `limits.savedSuppressions`, and
 * parses those from the start of the page to its end.
 */
export async function pageStatements(
  { limit, after }: PageRequest<StatementPlace>,
  { store, parse, now }: ListStatementsDeps,
): Promise<StatementPage> {
  const [file, position] = after ?? ['', -1];
  const today = now().toISOString().slice(0, 10);
  const rows: { readonly place: StatementPlace; readonly row: ListedStatement }[] = [];
  const files = (await store.suppressions.list()).toSorted((a, b) => compareText(a.name, b.name));
  for (const saved of files) {
    if (compareText(saved.name, file) < 0) continue;
    const own = statementsIn(saved, parse, today).map((row, i) => ({
      place: [saved.name, i] as const,
      row,
    }));
    rows.push(...(saved.name === file ? own.slice(position + 1) : own));
    if (rows.length > limit) break;
  }
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? shown.at(-1)?.place : undefined;
  return { rows: shown.map(({ row }) => row), next };
}

function statementsIn(
  file: SavedSuppression,
  parse: ParseSuppressions,
  today: string,
): readonly ListedStatement[] {
  try {
    const { rules, statements } = parse(file);
    return [
      ...rules.map((rule) => listedRule(rule, file, today)),
      ...statements.map((statement) => listedStatement(statement, file)),
    ];
  } catch (error) {
    if (!(error instanceof ClairError)) throw error;
    return [unreadableFile(file, error.message)];
  }
}

function listedRule(
  rule: IgnoreRule,
  { name, savedAt, savedBy }: SavedSuppression,
  today: string,
): ListedStatement {
  const selectors = ['package', 'version', 'path', 'namespace', 'image'] as const;
  return {
    file: name,
    kind: 'rule',
    vulnerabilities: rule.id === undefined ? [] : [rule.id],
    status: 'ignored',
    scope: selectors.flatMap((selector) =>
      rule[selector] === undefined ? [] : `${selector} ${rule[selector]}`,
    ),
    justification: rule.justification ?? null,
    reason: rule.reason,
    author: savedBy,
    at: savedAt,
    expires: rule.expires ?? null,
    state: isUnexpired(rule, today) ? 'active' : 'expired',
  };
}

function listedStatement(statement: VexStatement, { name, savedAt }: SavedSuppression): ListedStatement {
  const { ids, status, products, justification = null, words = null, document, time = savedAt } = statement;
  return {
    file: name,
    kind: 'vex',
    vulnerabilities: ids,
    status,
    scope: scopeOf(products),
    justification,
    reason: words,
    author: document.author,
    at: time,
    expires: null,
    state: 'active',
  };
}

function unreadableFile({ name, savedAt, savedBy }: SavedSuppression, reason: string): ListedStatement {
  return {
    file: name,
    kind: 'unreadable',
    vulnerabilities: [],
    status: null,
    scope: [],
    justification: null,
    reason,
    author: savedBy,
    at: savedAt,
    expires: null,
    state: 'unreadable',
  };
}

/** A document of a vendor may name thousands of products. */
const shownProducts = 100;

function scopeOf(products: readonly VexProduct[]): string[] {
  const shown = products.slice(0, shownProducts).flatMap(namesOfProduct);
  const more = products.length - shownProducts;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

/** Returns the names of a product, and of its parts behind it. */
function namesOfProduct({ parts = [], ...whole }: VexProduct): string[] {
  const own = textsOf(whole);
  if (parts.length === 0) return own;
  return own.map((name) => `${name}: ${parts.flatMap(textsOf).join(', ')}`);
}

function textsOf({
  purls,
  digests,
  references,
  namespaces,
  versions = [],
  ranges = [],
}: VexProduct): string[] {
  const limits = [...versions, ...ranges];
  const names = [...purls.map(formatPurl), ...digests, ...references, ...namespaces];
  return limits.length === 0 ? names : names.map((name) => `${name} (${limits.join(', ')})`);
}
