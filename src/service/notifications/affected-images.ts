import { appliesToSourcePackage } from '../../match/applies.ts';
import { findingsOf, type Hit } from '../../match/findings.ts';
import { rowMatches } from '../../match/row-matches.ts';
import type { Match } from '../../model/report.ts';
import { isSameName, spellingsOf } from '../../model/vulnerability-name.ts';
import type { Extensions } from '../../plugin/extensions.ts';
import type { AffectedImage, AffectedRequest, Store } from '../../store/store.ts';
import { isSuperseded } from '../feeds/choose-feeds.ts';
import { dropOverridden } from '../feeds/user-vulnerabilities.ts';
import { toPackage } from '../findings/assess-packages.ts';

/** What the question who is affected needs. */
export interface AffectedImagesDeps {
  readonly store: Pick<Store, 'images' | 'vulnerabilities' | 'advisories'>;
  readonly extensions: Pick<Extensions, 'schemes' | 'sources'>;
}

/** An image that has a vulnerability, in packages of one name and version. */
export interface AffectedEntry {
  /** Number of the image. */
  readonly image: number;
  readonly identity: string;
  /** Names of ancestries and v1 layers that stand for the image, sorted. */
  readonly names: readonly string[];
  /** One for each package. */
  readonly findings: readonly Match[];
  /** False where nothing can order the installed version and that of the advisory: it may be affected. */
  readonly isCertain: boolean;
}

/** A page of affected images; it may have less on it than was asked for, and `next` is absent on the last one alone. */
export interface AffectedList {
  readonly images: readonly AffectedEntry[];
  readonly next?: string;
}

/**
 * The images that a vulnerability, by its id or another name in any case, affects, as far as the store knows them; nothing for an
 * unknown one.
 */
export async function affectedBy(
  id: string,
  page: AffectedRequest,
  deps: AffectedImagesDeps,
): Promise<AffectedList | undefined> {
  const { vulnerabilities, advisories } = deps.store;
  const named = await recordNumbersNamed(id, deps);
  if (named.length === 0) return undefined;
  const states = await advisories.findFeedStates();
  const records = (await vulnerabilities.findByNumbers(named))
    .filter(({ source }) => !isSuperseded(source, deps.extensions.sources, states))
    .map(({ number }) => number);
  const { images, ...rest } = await affectedByRecords(records, page, deps);
  const ofId = images.map((image) => ({
    ...image,
    findings: image.findings.filter((finding) => isOf(id, finding)),
  }));
  return { ...rest, images: ofId.filter(({ findings }) => findings.length > 0) };
}

/** An advisory that fixes several CVEs makes a finding of each. */
function isOf(id: string, { vulnerability }: Match): boolean {
  return [vulnerability.id, ...vulnerability.aliases].some((name) => isSameName(name, id));
}

/** The records of that id or alias, however it is capitalised. */
async function recordNumbersNamed(id: string, { store }: AffectedImagesDeps): Promise<number[]> {
  const numbers = new Set<number>();
  for (const spelling of spellingsOf(id))
    for (const number of await store.vulnerabilities.findNumbersById(spelling)) numbers.add(number);
  return [...numbers];
}

/** The images that records, by their numbers, affect, but where a user's word stands for what they say. */
export async function affectedByRecords(
  records: readonly number[],
  page: AffectedRequest,
  deps: AffectedImagesDeps,
): Promise<AffectedList> {
  const { images, ...rest } = await deps.store.images.pageAffected(records, page);
  const states = await deps.store.advisories.findFeedStates();
  const hits = images.flatMap((image) => image.hits);
  const effective = new Set(await dropOverridden(hits, states, { store: deps.store }));
  const entries = images.flatMap(
    (image) => entryOf({ ...image, hits: image.hits.filter((hit) => effective.has(hit)) }, deps) ?? [],
  );
  return { ...rest, images: entries };
}

/** An entry as it is written as JSON, to a file as to a client of the API. */
export function toAffectedJson({ identity, names, findings, isCertain }: AffectedEntry): object {
  const packages = findings.map(({ package: item, fix, vulnerability }) => ({
    ...item,
    fix,
    severity: vulnerability.severity,
  }));
  return { identity, names, certain: isCertain, packages };
}

function entryOf(
  { image, identity, names, packages, hits }: AffectedImage,
  { extensions: { schemes } }: AffectedImagesDeps,
): AffectedEntry | undefined {
  const found: Hit[] = [];
  let isCertain = false;
  for (const item of packages) {
    if (item.lookup === null) continue;
    for (const hit of hits) {
      const { version: installed } = (appliesToSourcePackage(hit.only) && item.lookup.source) || item.lookup;
      const isHit = rowMatches(hit, item, { version: installed, schemes });
      if (isHit === false) continue;
      isCertain ||= isHit === true;
      found.push({ ...hit, package: toPackage(item), installed });
    }
  }
  if (found.length === 0) return undefined;
  const { matches, suppressed } = findingsOf(found, (scheme, a, b) =>
    schemes.find(({ name }) => name === scheme)?.compare(a, b),
  );
  return { image, identity, names, findings: [...matches, ...suppressed], isCertain };
}
