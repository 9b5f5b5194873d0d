import { shownText } from '../../kit/shown-text.ts';
import { compareText } from '../../model/order.ts';
import type { Match } from '../../model/report.ts';
import { compareSeverity, type Severity } from '../../model/severity.ts';
import { countBySeverity, fixCell } from '../report-words.ts';
import { pagesOf } from '../web-links.ts';
import { type Markup, markup } from './markup.ts';

/** Longer than what sources write of a vulnerability. */
const descriptionMax = 4000;

/** From here on groups of minor findings are shut: a page of a thousand findings is read from the top. */
const openGroupsMax = 3;

/** One vulnerability of the packages that were built from one source, as one row. */
export interface Row {
  readonly match: Match;
  /** The packages, where they are not all of the group. */
  readonly names: Set<string>;
}

/** What was built from one source and is updated together. */
export interface Group {
  readonly name: string;
  readonly version: string;
  /** The installed packages that have findings. */
  readonly names: readonly string[];
  /** The worst first. */
  readonly rows: readonly [Row, ...Row[]];
}

/** The findings by source package, the worst first; no script is needed to fold or to choose. */
export function* findingsSection(groups: readonly Group[]): Iterable<Markup> {
  if (groups.length === 0) return;
  yield markup`<h2>What is vulnerable</h2>\n${filter(groups)}\n`;
  for (const [index, group] of groups.entries())
    yield groupMarkup(group, index < openGroupsMax || isSevere(group));
}

/** What can be shown alone: only what selects some of the rows and not all, so that no choice leads to an empty page. */
function filter(groups: readonly Group[]): Markup {
  const rows = groups.flatMap((group) => group.rows);
  const count = (mark: Mark): number => rows.filter((row) => marksOf([row]).includes(mark)).length;
  const choices = Object.entries(markNames).flatMap(([mark, words]) => {
    const number = count(mark as Mark);
    return number === 0 || number === rows.length ? [] : [choice(mark, `${words} (${number})`)];
  });
  if (choices.length === 0) return markup``;
  const all = choice('all', `Everything (${rows.length})`);
  return markup`<fieldset class="filter"><legend>Show</legend>${[all, ...choices]}</fieldset>`;
}

function choice(value: string, words: string): Markup {
  const checked = value === 'all' ? markup` checked` : '';
  return markup`<label><input type="radio" name="show" id="show-${value}"${checked}>${words}</label>`;
}

/** What a row can be chosen by. */
const markNames = {
  severe: 'High or worse',
  fixed: 'With a fix',
  exploited: 'Known to be exploited',
} as const;
type Mark = keyof typeof markNames;

/** The findings of a report, one a vulnerability and source package, the worst first. */
export function groupsOf(matches: readonly Match[]): Group[] {
  const bySource = Map.groupBy(matches, ({ package: { type, name, version, source } }) =>
    JSON.stringify([type, source?.name ?? name, source?.version ?? version]),
  );
  const groups = [...bySource.values()].flatMap((found) => groupOf(found) ?? []);
  return groups.sort(
    (a, b) =>
      compareSeverity(worstOf(b), worstOf(a)) || b.rows.length - a.rows.length || compareText(a.name, b.name),
  );
}

function groupOf(matches: readonly Match[]): Group | undefined {
  const rows = new Map<string, Row>();
  for (const match of matches) {
    const { vulnerability, fix } = match;
    const key = JSON.stringify([vulnerability.id, vulnerability.severity, fix]);
    const row = rows.get(key) ?? { match, names: new Set() };
    rows.set(key, row);
    row.names.add(match.package.name);
  }
  const [first, ...others] = [...rows.values()].sort(
    (a, b) =>
      compareSeverity(b.match.vulnerability.severity, a.match.vulnerability.severity) ||
      compareText(b.match.vulnerability.id, a.match.vulnerability.id),
  );
  if (first === undefined) return undefined;
  const { name, version, source } = first.match.package;
  const names = [...new Set(matches.map((match) => match.package.name))].sort(compareText);
  return { name: source?.name ?? name, version: source?.version ?? version, names, rows: [first, ...others] };
}

function worstOf({ rows }: Group): Severity {
  return rows[0].match.vulnerability.severity;
}

function isSevere(group: Group): boolean {
  return compareSeverity(worstOf(group), 'High') >= 0;
}

function groupMarkup(group: Group, isOpen: boolean): Markup {
  const { name, version, names, rows } = group;
  const isAlone = names.length === 1 && names[0] === name;
  return markup`<details class="group ${shade(worstOf(group))} ${marksOf(group.rows).join(' ')}"${isOpen ? markup` open` : ''}>
<summary><b>${shownText(name)}</b> <span class="version">${shownText(version)}</span>${
    isAlone ? '' : markup` <span class="soft">${told(names)}</span>`
  }<span class="end">${countsOf(rows)}</span></summary>
<div class="inside"><table class="findings">
<thead><tr><th>Severity</th><th>Vulnerability</th><th>Fixed in</th><th>What it is</th></tr></thead>
<tbody>
${rows.map((row) => rowMarkup(row, names.length))}</tbody>
</table></div>
</details>
`;
}

function rowMarkup({ match, names }: Row, all: number): Markup {
  const { vulnerability, fix } = match;
  const { id, severity, description, kev, epss } = vulnerability;
  const [page] = pagesOf(vulnerability);
  const words = shownText(description ?? '', descriptionMax);
  return markup`<tr class="finding ${shade(severity)} ${marksOf([{ match, names }]).join(' ')}">
<td class="severity">${severity}</td>
<td class="id">${linked(shownText(id), page)}</td>
<td class="version">${
    fix.state === 'fixed' ? shownText(fix.version) : markup`<span class="quiet">${fixCell(fix)}</span>`
  }</td>
<td class="words">${kev === true ? markup`<span class="badge">known to be exploited</span> ` : ''}${
    words === '' ? markup`<span class="quiet">The source says nothing more.</span>` : words
  }${epss === null ? '' : markup` <span class="soft">EPSS ${(epss * 100).toFixed(1)} %</span>`}${
    names.size === all
      ? ''
      : markup` <span class="soft">Only in ${told([...names].sort(compareText))}.</span>`
  }</td>
</tr>
`;
}

/** A text that leads to a page of the web, where there is one. */
export function linked(text: string, page: string | undefined): Markup {
  return page === undefined
    ? markup`${text}`
    : markup`<a href="${page}" rel="noopener noreferrer">${text}</a>`;
}

/** The class that colours what is this severe. */
export function shade(severity: Severity): string {
  return `severe-${severity.toLowerCase()}`;
}

function marksOf(rows: readonly Row[]): Mark[] {
  const has = (holds: (match: Match) => boolean): boolean => rows.some(({ match }) => holds(match));
  return [
    ...(has(({ vulnerability }) => compareSeverity(vulnerability.severity, 'High') >= 0)
      ? ['severe' as const]
      : []),
    ...(has(({ fix }) => fix.state === 'fixed') ? ['fixed' as const] : []),
    ...(has(({ vulnerability }) => vulnerability.kev === true) ? ['exploited' as const] : []),
  ];
}

function countsOf(rows: readonly Row[]): Markup[] {
  return countBySeverity(rows.map(({ match }) => match)).map(
    ({ severity, count }) => markup`<span class="severity ${shade(severity)}">${count} ${severity}</span>`,
  );
}

function told(names: readonly string[]): string {
  const max = 6;
  const some = names.slice(0, max).map((name) => shownText(name));
  return some.join(', ') + (names.length > max ? ` and ${names.length - max} more` : '');
}
