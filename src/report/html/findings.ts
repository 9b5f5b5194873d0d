import { listSome } from '../../kit/collections.ts';
import { escapeForTerminal } from '../../kit/untrusted-text.ts';
import { compareText } from '../../model/order.ts';
import type { ReportVulnerability } from '../../model/report.ts';
import { type Severity, severities } from '../../model/severity.ts';
import type { CvssVector } from '../../model/vulnerability.ts';
import type { FindingOrder } from '../../plugin/report-format.ts';
import { riskRank } from '../finding.ts';
import { advisoryIds, countBySeverity, epssCell, fixCellOf } from '../report-text.ts';
import { referenceUrls, webLinks } from '../web-links.ts';
import {
  type GroupRow,
  orderGroups,
  type RankedGroup,
  type RowFilter,
  rowFilterLabels,
  rowFiltersOf,
  type SourceGroup,
} from './groups.ts';
import { type Markup, markup } from './markup.ts';
import { isShort, leadOf, prose } from './prose.ts';

/** Maximum number of linked pages per finding. */
const pagesMax = 6;

/** Layers and order of the findings. */
interface FindingsOptions {
  readonly layerCount: number;
  readonly order: FindingOrder;
}

/** Renders the findings by source package, in an order. Folding and filtering work without the script. */
export function* findingsSection(
  groups: readonly SourceGroup[],
  { layerCount, order }: FindingsOptions,
): Iterable<Markup> {
  if (groups.length === 0) return;
  yield markup`<section aria-labelledby="vulnerabilities">
<h2 id="vulnerabilities">Vulnerabilities</h2>
${filterMarkup(groups)}
${toolbar(layerCount, order)}
<div id="groups">
`;
  for (const group of orderGroups(groups, order)) yield groupMarkup(group);
  yield markup`</div>
</section>
`;
}

/** Renders the filters that select some but not all rows. Others would give an empty page or change nothing. */
function filterMarkup(groups: readonly SourceGroup[]): Markup {
  const rows = groups.flatMap((group) => group.rows);
  const count = (rowFilter: RowFilter): number =>
    rows.filter((row) => rowFiltersOf([row]).includes(rowFilter)).length;
  const choices = Object.entries(rowFilterLabels).flatMap(([rowFilter, label]) => {
    const number = count(rowFilter as RowFilter);
    return number === 0 || number === rows.length ? [] : [choice(rowFilter, `${label} (${number})`)];
  });
  if (choices.length === 0) return markup``;
  const all = choice('all', `Everything (${rows.length})`);
  return markup`<fieldset class="filter"><legend>Show</legend>${[all, ...choices]}</fieldset>`;
}

function choice(value: string, label: string): Markup {
  const checked = value === 'all' ? markup` checked` : '';
  return markup`<label><input type="radio" name="show" value="${value}" id="show-${value}"${checked}>${label}</label>`;
}

/** Renders search and sorting, which need the script and stay hidden until it runs. */
function toolbar(layerCount: number, order: FindingOrder): Markup {
  const layers = Array.from({ length: layerCount }, (_, i) => option(String(i + 1), `Layer ${i + 1}`));
  const levels = ['Critical', 'High', 'Medium', 'Low'].map((level, i) =>
    option(String(5 - i), `${level} or worse`),
  );
  return markup`<div class="tools" id="tools" role="search" hidden>
<label>Search <input type="search" id="search" placeholder="CVE, package, words"></label>
<label>Severity <select id="level">${[option('0', 'Any'), ...levels]}</select></label>
<label>Layer <select id="layer">${[option('', 'All'), ...layers]}</select></label>
<label>Sort by <select id="sort">${sortingOptions(order)}</select></label>
<button type="button" id="fold">Open all</button>
<span class="soft" id="shown" role="status"></span>
</div>`;
}

const sortings = [
  ['rank', 'Danger', 'risk'],
  ['name', 'Package', 'package'],
  ['count', 'Vulnerabilities', undefined],
  ['epss', 'EPSS', 'epss'],
] as const;

/** Orders that only the page as written has; the script cannot compute them. */
const writtenOrders: Partial<Readonly<Record<FindingOrder, string>>> = {
  severity: 'Severity',
  vulnerability: 'Vulnerability ID',
};

/** Renders the orders to select from. The order of the page is selected; without an attribute, that is the first one. */
function sortingOptions(order: FindingOrder): Markup[] {
  const written = writtenOrders[order];
  return [
    ...(written === undefined ? [] : [option('written', written, true)]),
    ...sortings.map(([value, label, of]) => option(value, label, of === order && order !== 'risk')),
  ];
}

function option(value: string, label: string, isSelected = false): Markup {
  return markup`<option value="${value}"${isSelected ? markup` selected` : ''}>${label}</option>`;
}

function worstOf({ rows }: SourceGroup): Severity {
  return rows.reduce<Severity>(
    (worst, { match: { vulnerability } }) =>
      riskRank(vulnerability.severity) > riskRank(worst) ? vulnerability.severity : worst,
    'Negligible',
  );
}

function groupMarkup(group: RankedGroup): Markup {
  const { name, version, names, rows, rank } = group;
  const isAlone = names.length === 1 && names[0] === name;
  const epss = Math.max(0, ...rows.map(({ match }) => match.vulnerability.epss ?? 0));
  const exploited = rows.filter(({ match }) => match.vulnerability.kev === true).length;
  return markup`<details class="group ${severityClass(worstOf(group))} ${rowFiltersOf(rows).join(' ')}" data-rank="${rank}" data-name="${escapeForTerminal(name)}" data-count="${rows.length}" data-epss="${epss}">
<summary><h3>${escapeForTerminal(name)}</h3> <span class="version">${escapeForTerminal(version)}</span>${
    isAlone ? '' : markup` <span class="soft">${truncatedNames(names)}</span>`
  }<span class="end">${exploited === 0 ? '' : markup`<span class="badge">${exploited} exploited</span>`}${countsOf(rows)}</span></summary>
<div class="inside"><table class="findings">
<thead><tr><th scope="col">Severity</th><th scope="col">Vulnerability</th><th scope="col">Fixed in</th><th scope="col">Scores</th><th scope="col">Description</th></tr></thead>
<tbody>
${rows.map((row) => rowMarkup(row))}</tbody>
</table></div>
</details>
`;
}

function rowMarkup(row: GroupRow): Markup {
  const { match, layers } = row;
  const { vulnerability, fix } = match;
  const { id, severity, severitySource } = vulnerability;
  const [page] = referenceUrls(vulnerability);
  const fixed = escapeForTerminal(fixCellOf(match));
  return markup`<tr class="finding ${severityClass(severity)} ${rowFiltersOf([row]).join(' ')}" data-level="${severities.indexOf(severity)}" data-layers="${[...layers].join(' ')}">
<td class="severity">${severity}${severitySource ? markup`<span class="by">by ${escapeForTerminal(severitySource)}</span>` : ''}</td>
<td class="id">${linkTo(escapeForTerminal(id), page)}${advisoriesOf(vulnerability)}</td>
<td class="version">${fix.state === 'fixed' ? fixed : markup`<span class="quiet">${fixed}</span>`}</td>
<td class="scores">${scoresOf(vulnerability)}</td>
<td class="words">${descriptionMarkup(row)}</td>
</tr>
`;
}

/** Renders the advisories whose ids differ from the vulnerability's. */
function advisoriesOf({ id, advisories }: ReportVulnerability): Markup[] {
  return advisoryIds({ id, advisories }).map((advisory) => {
    const link = advisories.find((each) => each.id === advisory)?.link ?? null;
    return markup`<span class="by">${linkTo(escapeForTerminal(advisory), webLinks([link])[0])}</span>`;
  });
}

function scoresOf({ cvss, epss }: ReportVulnerability): Markup[] {
  const score = cvss.find((vector) => vector.score !== undefined)?.score;
  return [
    ...(score === undefined ? [] : [markup`<span>CVSS ${score.toFixed(1)}</span>`]),
    ...(epss === null ? [] : [markup`<span>EPSS ${epssCell(epss)}</span>`]),
  ];
}

/** Renders the beginning of the description; opening it shows the rest and all other facts. */
function descriptionMarkup(row: GroupRow): Markup {
  const { vulnerability } = row.match;
  const description = vulnerability.description ?? '';
  const lead = leadOf(description);
  const start =
    lead === '' ? markup`<span class="quiet">Its source has no description.</span>` : markup`${lead}`;
  return markup`<details class="text"><summary>${vulnerability.kev === true ? markup`<span class="badge">known to be exploited</span> ` : ''}<span class="lead">${start}</span> <span class="link">more</span></summary>
${isShort(description) ? markup`<p>${start}</p>` : prose(description)}
<ul class="facts">${factsOf(row)}</ul></details>`;
}

function factsOf({ match, names, layers }: GroupRow): Markup[] {
  const { vulnerability } = match;
  const { exploited = [], cvss, source, severity, severitySource } = vulnerability;
  const rated = severitySource ?? (severity === 'Unknown' ? 'no source' : undefined);
  const pages = referenceUrls(vulnerability).slice(0, pagesMax);
  return [
    fact('Packages', truncatedNames([...names].sort(compareText))),
    ...(layers.size === 0 ? [] : [fact('Layers', [...layers].sort((a, b) => a - b).join(', '))]),
    fact('Reported by', escapeForTerminal(source)),
    ...(rated === undefined ? [] : [fact('Rated by', escapeForTerminal(rated))]),
    ...exploited.map(({ source: list, date }) =>
      fact('Exploited', escapeForTerminal(`listed by ${list} since ${date.slice(0, 10)}`)),
    ),
    ...cvss.map((vector) =>
      fact('CVSS', markup`${vectorText(vector)} <code>${escapeForTerminal(vector.vector)}</code>`),
    ),
    ...pages.map((page) => fact('Page', linkTo(page, page))),
  ];
}

function fact(name: string, value: string | Markup): Markup {
  return markup`<li><b>${name}</b> ${value}</li>`;
}

function vectorText({ source, score }: CvssVector): string {
  return escapeForTerminal(`${score === undefined ? '' : `${score.toFixed(1)} `}by ${source}:`);
}

/** Renders a text as a link if `page` is defined. */
export function linkTo(text: string, page: string | undefined): Markup {
  return page === undefined
    ? markup`${text}`
    : markup`<a href="${page}" rel="noopener noreferrer">${text}</a>`;
}

/** Returns the CSS class of a severity's colour. */
export function severityClass(severity: Severity): string {
  return `severe-${severity.toLowerCase()}`;
}

function countsOf(rows: readonly GroupRow[]): Markup[] {
  return countBySeverity(rows.map(({ match }) => match)).map(
    ({ severity, count }) =>
      markup`<span class="severity ${severityClass(severity)}">${count} ${severity}</span>`,
  );
}

/** Returns up to six names and the number of the remaining ones. */
export function truncatedNames(names: readonly string[]): string {
  return listSome(
    names.map((name) => escapeForTerminal(name)),
    6,
  );
}
