import { escapeForTerminal } from '../../kit/untrusted-text.ts';
import { compareText } from '../../model/order.ts';
import type { Match } from '../../model/report.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { compareRisk, isFixable } from '../finding.ts';
import { fixCellOf, pluralize } from '../report-text.ts';
import { truncatedNames } from './findings.ts';
import type { SourceGroup } from './groups.ts';
import { type Markup, markup } from './markup.ts';

/** Maximum number of listed updates; the rest is counted. */
const upgradesMax = 10;

/** An update of all packages of one source. */
export interface Upgrade {
  readonly group: SourceGroup;
  /** The lowest version that has all fixes; undefined if the versions cannot be ordered. */
  readonly to: string | undefined;
  readonly fixes: number;
  readonly exploited: number;
  readonly worst: Match;
}

/** Returns the updates that fix findings. Sorts by exploited vulnerabilities, then by the worst finding, then by the number of fixes. */
export function upgradesOf(groups: readonly SourceGroup[], schemes: readonly VersionScheme[]): Upgrade[] {
  const upgrades = groups.flatMap((group): Upgrade[] => {
    const fixable = group.rows.map(({ match }) => match).filter(isFixable);
    const [worst] = fixable;
    if (worst === undefined) return [];
    const exploited = fixable.filter(({ vulnerability }) => vulnerability.kev === true).length;
    return [{ group, to: highestFix(fixable, schemes), fixes: fixable.length, exploited, worst }];
  });
  return upgrades.sort(
    (a, b) =>
      b.exploited - a.exploited ||
      compareRisk(a.worst, b.worst) ||
      b.fixes - a.fixes ||
      compareText(a.group.name, b.group.name),
  );
}

function highestFix(fixable: readonly Match[], schemes: readonly VersionScheme[]): string | undefined {
  let highest: string | undefined;
  for (const match of fixable) {
    const version = fixCellOf(match);
    const scheme = schemes.find(({ name }) => name === match.evidence[0]?.versionScheme);
    const order = highest === undefined ? 1 : scheme?.compare(version, highest);
    if (order === undefined) return undefined;
    if (order > 0) highest = version;
  }
  return highest;
}

/** Renders the most valuable updates as a list. */
export function upgradesSection(groups: readonly SourceGroup[], schemes: readonly VersionScheme[]): Markup {
  const upgrades = upgradesOf(groups, schemes);
  if (upgrades.length === 0) return markup``;
  const more = upgrades.length - upgradesMax;
  return markup`<section aria-labelledby="first">
<h2 id="first">What to do first</h2>
<ol class="upgrades">
${upgrades.slice(0, upgradesMax).map(upgradeItem)}</ol>
${more > 0 ? markup`<p class="soft">${pluralize(more, 'more package')} can be updated; see below.</p>\n` : ''}</section>
`;
}

function upgradeItem({ group, to, fixes, exploited }: Upgrade): Markup {
  const { name, version, names, rows } = group;
  const target =
    to === undefined ? 'the newest of the versions below' : markup`<code>${escapeForTerminal(to)}</code>`;
  const isAlone = names.length === 1 && names[0] === name;
  const badge = markup` <span class="badge">${exploited} exploited</span>`;
  return markup`<li>Update <b>${escapeForTerminal(name)}</b> from <code>${escapeForTerminal(version)}</code> to ${target}: fixes ${fixesText(fixes, rows.length)}.${exploited === 0 ? '' : badge}${
    isAlone ? '' : markup` <span class="soft">Packages: ${truncatedNames(names)}.</span>`
  }</li>\n`;
}

function fixesText(fixes: number, all: number): string {
  const vulnerabilities = pluralize(all, 'vulnerability', 'vulnerabilities');
  return fixes === all ? `${all === 1 ? '' : 'all '}${vulnerabilities}` : `${fixes} of ${vulnerabilities}`;
}
