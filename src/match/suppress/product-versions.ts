import { schemesOfTypes } from '../../model/namespace.ts';
import type { PurlParts } from '../../model/purl.ts';
import type { Match } from '../../model/report.ts';
import type { ProductNames } from '../../model/suppression.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';
import { isInRange } from '../key-range.ts';
import { withEpochOf } from '../lookup.ts';
import { parseVers } from '../vers.ts';

/** The package whose version is checked, and the version schemes. */
interface VersionQuery {
  readonly found: Match['package'];
  readonly schemes: readonly VersionScheme[];
  readonly isPinned: boolean;
}

/** Returns whether names are limited to some versions. */
export function hasVersionLimits({ versions, ranges }: ProductNames): boolean {
  return versions !== undefined || ranges !== undefined;
}

/** `arch=source` (deb, apk) and `arch=src` (rpm) are the source package. */
export function isSource({ qualifiers }: PurlParts): boolean {
  return qualifiers?.['arch'] === 'source' || qualifiers?.['arch'] === 'src';
}

/** Returns whether the version of a package is among those that the names mean. `isPinned` requires that they name a version. */
export function versionMatches(names: ProductNames, purl: PurlParts, query: VersionQuery): boolean {
  if (!hasVersionLimits(names)) return !query.isPinned || purl.version !== undefined;
  return (
    names.versions?.includes(query.found.version) === true ||
    names.ranges?.some((text) => isWithin(text, purl, query)) === true
  );
}

/** A range of another type is about other packages. A version that cannot be compared is not in a range. */
function isWithin(text: string, purl: PurlParts, { found, schemes, isPinned }: VersionQuery): boolean {
  const version = isSource(purl) ? sourceVersionOf(found) : found.version;
  const scheme = schemes.find(({ name }) => name === (schemesOfTypes.get(purl.type) ?? purl.type));
  const ranges = parseVers(text, (type) => (type === purl.type ? scheme : undefined));
  if (version === undefined || scheme === undefined || ranges === undefined) return false;
  return ranges.some((range) => {
    const isEvery = range.from === undefined && range.to === undefined;
    return !(isPinned && isEvery) && isInRange(scheme, range, version) === true;
  });
}

function sourceVersionOf({ type, version, source }: Match['package']): string | undefined {
  return source !== null && type === 'rpm' ? withEpochOf(version, source.version) : source?.version;
}
