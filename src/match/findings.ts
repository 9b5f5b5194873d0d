import { isCve } from '../model/cve.ts';
import { type Fix, type FixState, unfixedStates } from '../model/fix.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import { compareMatches, compareText } from '../model/order.ts';
import type { Package } from '../model/package.ts';
import type { AdvisoryReference, Evidence, Match, SuppressedMatch } from '../model/report.ts';
import { statementOn } from './advisory-statement.ts';
import { ratingOfAdvisories } from './rate.ts';

/** An affected row that holds the installed version of a package. */
export interface Hit extends AdvisoryHit {
  readonly package: Package;
  /** Version as it was compared: of the source package where advisories speak of that. */
  readonly installed: string;
}

/** Orders two versions of a scheme; undefined when it gives them no order. */
export type CompareVersions = (versionScheme: string, a: string, b: string) => number | undefined;

/** What is reported, and what is known but not counted. */
export interface Findings {
  readonly matches: readonly Match[];
  readonly suppressed: readonly SuppressedMatch[];
}

/**
 * Makes findings of hits: one finding is one CVE on one package (or the source's own id where it names no CVE), whatever the
 * number of advisories that say so.
 */
export function findingsOf(hits: readonly Hit[], compare: CompareVersions): Findings {
  const named = hits.flatMap((hit) => findingIds(hit).map((id) => ({ id, hit })));
  const groups = Map.groupBy(
    named,
    ({ id, hit }) => `${hit.package.purl}\n${hit.package.location.path}\n${id}`,
  );
  const all = Array.from(groups.values(), (group) => toMatch(group, compare)).sort(compareMatches);
  const isOpen = (match: Match): boolean => match.fix.state !== 'under-investigation';
  return {
    matches: all.filter(isOpen),
    suppressed: all
      .filter((match) => !isOpen(match))
      .map((match) => ({ ...match, reason: 'the vendor is still investigating' })),
  };
}

function findingIds({ id, aliases }: Hit): readonly string[] {
  if (isCve(id)) return [id];
  const cves = aliases.filter(isCve);
  return cves.length > 0 ? cves : [id];
}

/** A hit, under one of the ids it gives findings for. */
interface NamedHit {
  readonly id: string;
  readonly hit: Hit;
}

function toMatch(group: readonly NamedHit[], compare: CompareVersions): Match {
  const ordered = group
    .map(({ hit }) => hit)
    .sort((a, b) => compareText(a.source, b.source) || compareText(a.id, b.id));
  const [{ id }] = group as [NamedHit, ...NamedHit[]];
  const [first] = ordered as [Hit, ...Hit[]];
  const { type, name, version, source, purl, location } = first.package;
  const rating = ratingOfAdvisories(ordered);
  return {
    vulnerability: {
      id,
      aliases: unique(ordered.flatMap((hit) => [hit.id, ...hit.aliases])).filter(
        (alias) => alias !== id && !isOtherCve(first, alias),
      ),
      advisories: ordered.map(advisoryOf),
      severity: rating?.severity ?? 'Unknown',
      severitySource: rating?.source ?? null,
      cvss: ordered.flatMap((hit) => hit.cvss),
      description: descriptionOf(id, ordered),
      links: unique(ordered.flatMap((hit) => hit.links)),
      source: first.source,
      kev: null,
      epss: null,
    },
    package: { type, name, version, source: source ?? null, purl, location },
    fix: bestFix(ordered, compare),
    evidence: ordered.map(evidenceOf),
  };
}

/** The CVEs an advisory fixes besides are other vulnerabilities, not other names of this one. */
function isOtherCve(hit: Hit, alias: string): boolean {
  return !isCve(hit.id) && isCve(alias);
}

function advisoryOf({ id, links, fix, title }: Hit): AdvisoryReference {
  const fixedVersion = fix.state === 'fixed' ? fix.version : null;
  return { id, link: links[0] ?? null, fixedVersion, ...(title !== undefined && { title }) };
}

/** What the first that describes the vulnerability says of it. Of an advisory about an update only what is said of this CVE counts. */
function descriptionOf(id: string, hits: readonly Hit[]): string | null {
  for (const { id: own, description, title } of hits) {
    const isAbout = title === undefined || own === id;
    const found = isAbout || description === null ? description : statementOn(id, description);
    if (found) return found;
  }
  return null;
}

function evidenceOf(hit: Hit): Evidence {
  return {
    source: hit.source,
    advisory: hit.id,
    namespace: hit.namespace.name,
    package: hit.affectedPackage,
    installed: hit.installed,
    range: hit.range,
    versionScheme: hit.namespace.versionScheme,
  };
}

const stateOrder: readonly FixState[] = unfixedStates;

/** The lowest version that fixes it, as each is above the installed one; without any, the state that promises most. */
export function bestFix(
  hits: readonly Pick<AdvisoryHit, 'fix' | 'namespace'>[],
  compare: CompareVersions,
): Fix {
  let best: { fix: Extract<Fix, { state: 'fixed' }>; scheme: string } | undefined;
  for (const { fix, namespace } of hits) {
    if (fix.state !== 'fixed') continue;
    const isLower = best === undefined || (compare(best.scheme, fix.version, best.fix.version) ?? 0) < 0;
    if (isLower) best = { fix, scheme: namespace.versionScheme };
  }
  if (best !== undefined) return best.fix;
  const states = hits
    .map((hit) => hit.fix)
    .toSorted((a, b) => stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state));
  return states[0] ?? { state: 'unfixed' };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareText);
}
