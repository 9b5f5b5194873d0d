import { isCve } from '../model/cve.ts';
import { type Fix, type FixState, unfixedStates } from '../model/fix.ts';
import type { AdvisoryHit } from '../model/hit.ts';
import { compareMatches, compareText } from '../model/order.ts';
import type { Package, ReportedPackage } from '../model/package.ts';
import type { AdvisoryReference, Evidence, Match, SuppressedMatch } from '../model/report.ts';
import type { AbsentFunctions } from './absent-functions.ts';
import { statementOn } from './advisory-statement.ts';
import { findingIds } from './finding-ids.ts';
import { ratingOfAdvisories } from './rate.ts';
import { reasonByEvidence } from './uncounted-evidence.ts';

/** An affected row that matches the installed version of a package. */
export interface Hit extends AdvisoryHit {
  readonly package: Package;
  /** The compared version. It is that of the source package if advisories refer to that. */
  readonly installed: string;
  /** The proof that programs do not contain the functions that the advisory names. */
  readonly absent?: AbsentFunctions | undefined;
}

/** Compares two versions of a scheme. Undefined if they have no order. */
export type CompareVersions = (versionScheme: string, a: string, b: string) => number | undefined;

/** The reported and the suppressed findings. */
export interface Findings {
  readonly matches: readonly Match[];
  readonly suppressed: readonly SuppressedMatch[];
}

/** Options of `findingsOf`. */
export interface FindingOptions {
  /** Whether findings of declared packages count, as in a source tree, where nothing is installed. */
  readonly countsDeclared?: boolean | undefined;
}

/**
 * Groups hits into findings. A finding is one CVE on one package, whatever the number of advisories. Without a CVE, it has the source's own
 * id.
 */
export function findingsOf(
  hits: readonly Hit[],
  compare: CompareVersions,
  { countsDeclared = false }: FindingOptions = {},
): Findings {
  const groups = groupedHits(hits);
  const decided = Array.from(groups.values(), (group) => {
    const match = toMatch(group, compare);
    const absent = absentIn(group);
    const reason = absent?.reason ?? reasonByEvidence(match.package, countsDeclared) ?? reasonByFix(match);
    return { match, reason, justification: absent?.justification };
  }).sort((a, b) => compareMatches(a.match, b.match));
  return {
    matches: decided.flatMap(({ match, reason }) => (reason === undefined ? [match] : [])),
    suppressed: decided.flatMap(({ match, reason, justification }) =>
      reason === undefined ? [] : [{ ...match, reason, ...(justification && { justification }) }],
    ),
  };
}

/**
 * Returns the proof that programs do not contain the vulnerable functions. Advisories of Go name functions, and those of others on the same
 * vulnerability do not. So the ones that name them decide, if they agree.
 */
function absentIn(group: readonly NamedHit[]): AbsentFunctions | undefined {
  const naming = group.flatMap(({ hit }) => (hit.only?.imports === undefined ? [] : [hit.absent]));
  return naming.includes(undefined) ? undefined : naming[0];
}

/** Sources that report advisories whose versions cannot be compared as under investigation. */
const unversionedSources: ReadonlySet<string> = new Set([
  'osv',
  'cve-products',
  'curl-products',
  'node-products',
  'nvd-products',
]);

/** Returns why a finding does not count that the vendor still investigates. Undefined for other findings. */
function reasonByFix({ fix, evidence }: Match): string | undefined {
  if (fix.state !== 'under-investigation') return undefined;
  const isUnversioned = evidence.every(
    ({ source, range }) => unversionedSources.has(source) && Object.keys(range).length === 0,
  );
  return isUnversioned
    ? 'the advisory states no versions that can be compared, so the package may be affected'
    : 'the vendor is still investigating';
}

/** A hit under one of the ids that it gives findings for. */
interface NamedHit {
  readonly id: string;
  readonly hit: Hit;
}

/** Returns the hits of each finding. */
function groupedHits(hits: readonly Hit[]): ReadonlyMap<string, NamedHit[]> {
  const byPackage = Map.groupBy(hits, ({ package: found }) => `${found.purl}\n${found.location.path}`);
  const groups = new Map<string, NamedHit[]>();
  for (const [key, ofPackage] of byPackage) {
    const ids = findingIds(ofPackage);
    const named = ofPackage.flatMap((hit) => (ids.get(hit) ?? []).map((id) => ({ id, hit })));
    for (const [id, group] of Map.groupBy(named, (each) => each.id)) groups.set(`${key}\n${id}`, group);
  }
  return groups;
}

function toMatch(group: readonly NamedHit[], compare: CompareVersions): Match {
  const ordered = group
    .map(({ hit }) => hit)
    .sort((a, b) => compareText(a.source, b.source) || compareText(a.id, b.id));
  const [{ id }] = group as [NamedHit, ...NamedHit[]];
  const [first] = ordered as [Hit, ...Hit[]];
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
    package: reportedPackage(first.package),
    fix: bestFix(ordered, compare),
    evidence: ordered.map(evidenceOf),
  };
}

function reportedPackage(found: Package): ReportedPackage {
  const { type, name, version, source, purl, location, evidence, parent, locations } = found;
  return {
    type,
    name,
    version,
    source: source ?? null,
    purl,
    location,
    ...(evidence !== undefined && { evidence }),
    ...(parent !== undefined && { parent }),
    ...(locations !== undefined && { locationCount: locations.length }),
  };
}

/** Other CVEs that an advisory fixes are other vulnerabilities, not aliases of this one. */
function isOtherCve(hit: Hit, alias: string): boolean {
  return !isCve(hit.id) && isCve(alias);
}

function advisoryOf({ id, links, fix, title, issued }: Hit): AdvisoryReference {
  const fixedVersion = fix.state === 'fixed' ? fix.version : null;
  return {
    id,
    link: links[0] ?? null,
    fixedVersion,
    ...(title !== undefined && { title }),
    ...(issued !== undefined && { issued }),
  };
}

/** The first description of the vulnerability. If an advisory is about an update, only its text about this CVE counts. */
function descriptionOf(id: string, hits: readonly Hit[]): string | null {
  for (const { id: own, description, title } of hits) {
    const isAbout = title === undefined || own === id;
    const found = isAbout || description === null ? description : statementOn(id, description);
    if (found) return found;
  }
  return null;
}

function evidenceOf(hit: Hit): Evidence {
  const confidence = confidenceOf(hit.source);
  return {
    source: hit.source,
    advisory: hit.id,
    namespace: hit.namespace.name,
    package: hit.affectedPackage,
    installed: hit.installed,
    range: hit.range,
    versionScheme: hit.namespace.versionScheme,
    ...(confidence !== undefined && { confidence }),
  };
}

/**
 * Returns the confidence of the rows of a source, or undefined if it is high. NVD knows the versions of a product less well than its
 * assigner does.
 */
export function confidenceOf(source: string): 'low' | undefined {
  return source === 'nvd-products' ? 'low' : undefined;
}

const stateOrder: readonly FixState[] = unfixedStates;

/** The lowest fixed version above the installed one. Without any, the most hopeful state. */
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
