import { type ImageName, imageNameOf } from '../../model/image-name.ts';
import { type PurlParts, parseNormalizedPurl } from '../../model/purl.ts';
import type { Match, Report } from '../../model/report.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';

/** An image as rules and statements may speak of it. */
export interface SuppressionSubject {
  readonly target: Report['target'];
  readonly name: ImageName | undefined;
  readonly namespaces: ReadonlySet<string>;
  /** What a package URL may call its distribution. */
  readonly distros: ReadonlySet<string>;
  /** How versions order that statements compare. */
  readonly schemes: readonly VersionScheme[];
  /** The package URLs of a package: its own, and that of the source package it was built from. */
  purlsOf(found: Match['package']): PackagePurls;
}

/** How a package may be named. */
export interface PackagePurls {
  readonly own: PurlParts | undefined;
  readonly source: PurlParts | undefined;
}

/** An image as its report tells of it. */
export function suppressionSubjectOf(
  { target, namespaces, distro }: Report,
  schemes: readonly VersionScheme[],
): SuppressionSubject {
  const cache = new Map<string, PackagePurls>();
  const { id = '', versionId, versionCodename } = distro ?? {};
  const releases = [versionId, versionCodename].filter((release) => release !== undefined);
  return {
    target,
    name: imageNameOf(target),
    namespaces: new Set(namespaces.map(({ name }) => name)),
    distros: new Set([
      id,
      ...releases.map((release) => `${id}-${release}`),
      ...(versionCodename === undefined ? [] : [versionCodename]),
    ]),
    schemes,
    purlsOf: (found) => {
      const purls = cache.get(found.purl) ?? parsePurls(found);
      cache.set(found.purl, purls);
      return purls;
    },
  };
}

function parsePurls({ purl, source }: Match['package']): PackagePurls {
  const own = parseNormalizedPurl(purl);
  return { own, source: own && source ? { ...own, name: source.name, version: source.version } : undefined };
}
