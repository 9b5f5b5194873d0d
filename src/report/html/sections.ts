import { escapeForTerminal } from '../../kit/untrusted-text.ts';
import type { Digest } from '../../model/digest.ts';
import type { Package } from '../../model/package.ts';
import type { Coverage, RatingList, Report, ReportLayer, SuppressedMatch } from '../../model/report.ts';
import { shortDigest } from '../title.ts';
import { webLinks } from '../web-links.ts';
import { linkTo, severityClass } from './findings.ts';
import { type Markup, markup } from './markup.ts';

const statusText: Readonly<Record<Coverage['status'], string>> = {
  complete: 'complete',
  stale: 'old',
  missing: 'missing',
  unsupported: 'not supported',
};

/** Renders the advisories that the packages were compared with. This section is always open. */
export function coverageSection({ coverage, statuses, ratings }: Report): Markup {
  const read = statuses.map(({ extension, status }) => `${extension} ${status.replace('-', ' ')}`).join(', ');
  return markup`<section aria-labelledby="data">
<h2 id="data">Advisory data</h2>
<div class="inside"><table class="coverage">
<thead><tr><th scope="col">Distribution or kind</th><th scope="col">Advisories</th><th scope="col">Newest</th><th scope="col">Fetched</th><th scope="col">Remark</th></tr></thead>
<tbody>
${coverage.length === 0 ? markup`<tr><td colspan="5">There was nothing to compare with.</td></tr>\n` : coverage.map(coverageRow)}${(ratings?.lists ?? []).map(ratingListRow)}</tbody>
</table>
<p class="soft">Package databases: ${escapeForTerminal(read) || 'none was found'}.</p></div>
</section>
`;
}

function coverageRow({
  namespace,
  status,
  evidence,
  newestAdvisory,
  contentDate,
  fetchedAt,
  reason,
}: Coverage): Markup {
  return markup`<tr><td class="whole">${escapeForTerminal(namespace)}</td><td class="whole">${evidence === undefined ? statusText[status] : 'not read'}</td><td class="whole">${dateOf(contentDate ?? newestAdvisory)}</td><td class="whole">${dateOf(fetchedAt)}</td><td class="words">${escapeForTerminal(reason ?? '')}</td></tr>\n`;
}

function ratingListRow({ source, status, contentDate, fetchedAt, reason }: RatingList): Markup {
  return markup`<tr><td class="whole">ratings of ${escapeForTerminal(source)}</td><td class="whole">${statusText[status]}</td><td class="whole">${dateOf(contentDate)}</td><td class="whole">${dateOf(fetchedAt)}</td><td class="words">${escapeForTerminal(reason ?? '')}</td></tr>\n`;
}

function dateOf(time: string | null): string {
  return time === null ? '–' : escapeForTerminal(time.slice(0, 10));
}

/** Renders the suppressed findings with their reasons. */
export function suppressedSection({ suppressed }: Report): Markup {
  return collapsedTable('Suppressed findings', suppressed, {
    heads: ['Severity', 'Vulnerability', 'Package', 'Why it is not counted'],
    row: suppressedRow,
  });
}

function suppressedRow({ vulnerability, package: found, reason }: SuppressedMatch): Markup {
  const [page] = webLinks(vulnerability.links);
  return markup`<td class="severity ${severityClass(vulnerability.severity)}">${vulnerability.severity}</td><td class="id">${linkTo(escapeForTerminal(vulnerability.id), page)}</td><td>${escapeForTerminal(found.name)} <span class="version">${escapeForTerminal(found.version)}</span></td><td class="words">${escapeForTerminal(reason)}</td>`;
}

/** Renders the layers, each with its instruction and the number of its findings. */
export function layersSection({ layers, matches }: Report): Markup {
  return collapsedTable('Layers', layers, {
    heads: ['Layer', 'Made by', 'Size', 'Findings', 'Digest'],
    row: (layer, index) => {
      const digest = layer.diffId ?? layer.digest;
      const count = matches.filter((match) => isOf(match.package.location.layer, layer)).length;
      return markup`<td class="number">${index + 1}</td><td class="words"><code>${escapeForTerminal(layer.createdBy ?? '–')}</code></td><td class="number">${sizeOf(layer.sizeBytes)}</td><td class="number">${count}</td><td class="whole"><code>${digest === null ? '–' : shortDigest(digest)}</code></td>`;
    },
  });
}

function isOf(found: Digest | null, { diffId, digest }: ReportLayer): boolean {
  return found !== null && (found === diffId || found === digest);
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1] ?? ''}`;
}

/** Renders all installed packages with their layers. */
export function packagesSection({ packages, layers }: Report): Markup {
  return collapsedTable('Installed packages', packages, {
    heads: ['Package', 'Version', 'Kind', 'Source', 'Layer'],
    row: (found) => packageRow(found, layers),
  });
}

function packageRow(
  { name, version, type, source, location }: Package,
  layers: readonly ReportLayer[],
): Markup {
  const layer = layers.findIndex((each) => isOf(location.layer, each)) + 1;
  return markup`<td>${escapeForTerminal(name)}</td><td class="version">${escapeForTerminal(version)}</td><td>${escapeForTerminal(type)}</td><td>${escapeForTerminal(source?.name ?? '–')}</td><td class="number">${layer === 0 ? '–' : layer}</td>`;
}

/** Renders a table that is closed at first; nothing without items. */
function collapsedTable<Item>(
  title: string,
  items: readonly Item[],
  { heads, row }: { heads: readonly string[]; row: (item: Item, index: number) => Markup },
): Markup {
  if (items.length === 0) return markup``;
  return markup`<details class="more"><summary><b>${title}</b> <span class="soft">${items.length}</span></summary>
<div class="inside"><table>
<thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${items.map((item, index) => markup`<tr>${row(item, index)}</tr>\n`)}</tbody>
</table></div></details>
`;
}
