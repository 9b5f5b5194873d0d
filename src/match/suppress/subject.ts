import { type ImageName, imageNameOf, parseImageName } from '../../model/image-name.ts';
import { type PurlParts, parseNormalizedPurl } from '../../model/purl.ts';
import type { Match, Report } from '../../model/report.ts';
import type { VersionScheme } from '../../plugin/version-scheme.ts';

/** The parts of a target by which rules and statements may refer to it, besides its name. Without digests, none refers to it by one. */
export type SuppressionTarget = Pick<
  Report['target'],
  'reference' | 'platform' | 'manifest' | 'digest' | 'repoDigests'
>;

/** An image, as rules and statements may refer to it. */
export interface SuppressionSubject {
  readonly target: SuppressionTarget;
  readonly name: ImageName | undefined;
  readonly namespaces: ReadonlySet<string>;
  /** Names of its distribution in package URLs. */
  readonly distros: ReadonlySet<string>;
  /** Version schemes for comparing versions in statements. */
  readonly schemes: readonly VersionScheme[];
  /** The package URLs of a package: its own, and that of its source package. */
  purlsOf(found: Match['package']): PackagePurls;
}

/** The package URLs that may name a package. */
export interface PackagePurls {
  readonly own: PurlParts | undefined;
  readonly source: PurlParts | undefined;
}

/** The parts of a report that rules and statements may refer to. */
export type ReportOfSubject = Pick<Report, 'target' | 'namespaces' | 'distro' | 'layers'>;

/** Whether the digests of an image prove its content. An SBOM has no layers: it is all that is known of its image. */
export function isProven({ layers }: Pick<Report, 'layers'>): boolean {
  return layers.every(({ verified }) => verified);
}

/** Returns the subject for the image of a report. An archive can have the digests of an image and other layers, so these count only if proven. */
export function suppressionSubjectOf(
  report: ReportOfSubject,
  schemes: readonly VersionScheme[],
): SuppressionSubject {
  const subject = claimedSubjectOf(report, schemes);
  if (isProven(report)) return subject;
  const { reference, platform } = subject.target;
  return {
    ...subject,
    target: { reference, platform, manifest: null },
    name: subject.name && withoutDigest(subject.name),
  };
}

function withoutDigest({ digest: _, ...name }: ImageName): ImageName {
  return name;
}

/** Returns the subject with all digests that the image claims. */
export function claimedSubjectOf(
  { target, namespaces, distro }: ReportOfSubject,
  schemes: readonly VersionScheme[],
): SuppressionSubject {
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
    purlsOf: cachedPurls(),
  };
}

/**
 * Returns a subject for each current name of an image, `repository:tag`. A reference by digest is one more name, since a tag cannot replace
 * it. Without names, and for an image of an archive, whose names are claims, returns the subject alone.
 */
export function subjectsNamed(
  subject: SuppressionSubject,
  names: readonly string[],
): readonly SuppressionSubject[] {
  const { name: own, target } = subject;
  if (own === undefined || names.length === 0) return [subject];
  // A statement may name the image exactly as a server does.
  const prefix = target.reference.startsWith('registry:') ? 'registry:' : '';
  const tagged = names.map((tag) => {
    const [name, reference] = [parseImageName(tag), `${prefix}${tag}`];
    return isSameTag(name, own) ? subject : { ...subject, name, target: { ...target, reference } };
  });
  return own.tag === undefined && own.digest !== undefined ? [subject, ...tagged] : tagged;
}

function isSameTag(a: ImageName | undefined, b: ImageName): boolean {
  return a?.registry === b.registry && a.repository === b.repository && a.tag === b.tag;
}

/** Returns a function that parses each package URL once. */
export function cachedPurls(): SuppressionSubject['purlsOf'] {
  const cache = new Map<string, PackagePurls>();
  return (found) => {
    const purls = cache.get(found.purl) ?? parsePurls(found);
    cache.set(found.purl, purls);
    return purls;
  };
}

function parsePurls({ purl, source }: Match['package']): PackagePurls {
  const own = parseNormalizedPurl(purl);
  return { own, source: own && source ? { ...own, name: source.name, version: source.version } : undefined };
}
