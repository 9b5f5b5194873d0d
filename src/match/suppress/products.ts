import { digestsOf } from '../../model/image-identity.ts';
import { type ImageName, parseImageName } from '../../model/image-name.ts';
import type { PurlParts } from '../../model/purl.ts';
import type { Match } from '../../model/report.ts';
import type { ProductNames, VexProduct } from '../../model/suppression.ts';
import { hasVersionLimits, isSource, versionMatches } from './product-versions.ts';
import type { SuppressionSubject } from './subject.ts';

/**
 * Returns whether a product of VEX is a package, or the image or distribution that contains it. A product that cannot be compared does not
 * match. `isPinned` also requires a version or digest: a fix applies to some versions only.
 */
export function productMatches(
  product: VexProduct,
  found: Match['package'],
  { subject, isPinned }: { readonly subject: SuppressionSubject; readonly isPinned: boolean },
): boolean {
  const { parts } = product;
  const isPackage = (names: ProductNames): boolean =>
    names.purls.some(
      (purl) =>
        isSamePackage(purl, found, subject) &&
        versionMatches(names, purl, { found, schemes: subject.schemes, isPinned }),
    );
  if (isPackage(product)) return true;
  if (parts === undefined) return isImage(product, subject, isPinned);
  if (isImage(product, subject, false))
    return parts.some((part) => isPackage(part) || isImage(part, subject, isPinned));
  return isDistribution(product, found, subject) && parts.some((part) => isPackage(part));
}

/** Returns whether names are those of the image. Its versions have no order. */
function isImage(names: ProductNames, subject: SuppressionSubject, isPinned: boolean): boolean {
  const { target } = subject;
  if (hasVersionLimits(names)) return false;
  return (
    digestsOf(target).some((digest) => names.digests.includes(digest)) ||
    names.references.includes(target.reference) ||
    names.purls.some((purl) => isSameImage(purl, subject, isPinned))
  );
}

/** A distribution means its own packages only. */
function isDistribution(
  names: ProductNames,
  { type }: Match['package'],
  subject: SuppressionSubject,
): boolean {
  return (
    !hasVersionLimits(names) &&
    (type === 'deb' || type === 'apk' || type === 'rpm') &&
    names.namespaces.some((name) => subject.namespaces.has(name))
  );
}

/** Compares package URLs of containers. The version of `pkg:oci` is a digest, that of `pkg:docker` a digest or tag. */
function isSameImage(purl: PurlParts, { target, name }: SuppressionSubject, isPinned: boolean): boolean {
  if (purl.type !== 'oci' && purl.type !== 'docker') return false;
  const { version } = purl;
  if (version?.includes(':') === true)
    return version === name?.digest || digestsOf(target).some((digest) => digest === version);
  return name !== undefined && isNamedSo(purl, { ...name, platform: target.platform }, isPinned);
}

function isNamedSo(
  purl: PurlParts,
  image: ImageName & { readonly platform: string | null },
  isPinned: boolean,
): boolean {
  const { repository_url: _, tag = purl.version, arch, ...others } = purl.qualifiers ?? {};
  if ((isPinned && tag === undefined) || Object.keys(others).length > 0) return false;
  const isTag = tag === undefined || tag === image.tag;
  const isArch = arch === undefined || arch === image.platform?.split('/')[1];
  return isTag && isArch && isRepository(purl, image);
}

/**
 * For `pkg:oci`, `repository_url` is the whole repository. For `pkg:docker` it is the registry. A name without it matches in any registry.
 */
function isRepository({ type, namespace, name, qualifiers = {} }: PurlParts, image: ImageName): boolean {
  const url = qualifiers['repository_url']?.replace(/^https?:\/\//, '').replace(/\/$/, '');
  if (type === 'oci' && url === undefined) return image.repository.split('/').at(-1) === name;
  const path = [
    ...(type === 'oci' || url === undefined ? [] : [url]),
    ...(namespace === undefined ? [] : [namespace]),
    name,
  ];
  const wanted = parseImageName(type === 'oci' && url !== undefined ? url : path.join('/'));
  return wanted?.registry === image.registry && wanted.repository === image.repository;
}

/**
 * Compares package URLs of packages: version and qualifiers present in `wanted` must match. The source package means all packages built
 * from it.
 */
function isSamePackage(wanted: PurlParts, found: Match['package'], subject: SuppressionSubject): boolean {
  const { own, source } = subject.purlsOf(found);
  const isOfSource = isSource(wanted);
  const candidate = isOfSource ? source : own;
  // A part of a package is not the package.
  if (candidate === undefined || wanted.subpath !== undefined) return false;
  const isNamed =
    wanted.type === candidate.type &&
    wanted.namespace === candidate.namespace &&
    wanted.name === candidate.name;
  if (!isNamed || (wanted.version !== undefined && wanted.version !== candidate.version)) return false;
  return Object.entries(wanted.qualifiers ?? {}).every(([key, value]) => {
    if (value === undefined || (key === 'arch' && isOfSource)) return true;
    if (key === 'distro') return subject.distros.has(value);
    return value === candidate.qualifiers?.[key];
  });
}
