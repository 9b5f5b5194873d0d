import { quoteUntrusted, stripControls } from '../kit/untrusted-text.ts';
import type { Digest } from '../model/digest.ts';
import { ecosystemOfType, isDistributionType, namespaceOfProduct } from '../model/namespace.ts';
import { listedBySbom, type Package, type SourcePackage } from '../model/package.ts';
import { formatPurl, type ParsedPurl, parsePurl } from '../model/purl.ts';
import { releaseOfPurl, vendorOfPurl } from './distro-hints.ts';
import type { SbomEntry } from './sbom-entry.ts';

/** A package in the document of another tool. */
export interface ThirdPartyPackage {
  /** Its id in the document. */
  readonly reference: string;
  readonly purl: string;
  /** Its version, if the purl has none. */
  readonly version?: string | undefined;
  /** Its source package, if the document states it outside the purl. */
  readonly source?: { readonly name: string; readonly version?: string | undefined } | undefined;
  readonly modularity?: string | undefined;
  readonly path?: string | undefined;
  readonly layer?: Digest | undefined;
}

/** Types of purls that do not name a package: images, single files and unpackaged software, other than products with advisories. */
const nonPackageTypes: ReadonlySet<string> = new Set(['oci', 'docker', 'generic', 'swid']);

/** Types whose namespace is part of the name, and the separator between the two. */
const separators: ReadonlyMap<string, string> = new Map([
  ['npm', '/'],
  ['golang', '/'],
  ['composer', '/'],
  ['swift', '/'],
  ['maven', ':'],
  ['ebuild', '/'],
]);

/** Names and versions of packages are printable ASCII without spaces. */
const word = /^[!-~]{1,512}$/;

/**
 * Returns the entry of a package from its purl and other members. Returns undefined if it is not an installed package.
 */
export function entryFromPurl(description: ThirdPartyPackage): SbomEntry | undefined {
  const { reference } = description;
  const purl = parsePurl(description.purl);
  if (purl === undefined)
    return { problem: `${quoteUntrusted(description.purl)} is not a valid package URL`, reference };
  if (isNonPackage(purl)) return undefined;
  if (!isProduct(purl) && !isDistributionType(purl.type) && ecosystemOfType(purl.type) === undefined)
    return {
      problem: `no advisories are known for packages of type ${quoteUntrusted(purl.type)}`,
      reference,
    };
  const name = nameOf(purl);
  const version = versionOf(purl, description.version);
  if (version === undefined) return { problem: `${quoteUntrusted(name)} has no version`, reference };
  if (!word.test(name) || !word.test(version))
    return {
      problem: `${quoteUntrusted(name)} ${quoteUntrusted(version)} is not a valid name and version`,
      reference,
    };
  return {
    thirdPartyPackage: packageFromPurl(purl, { ...description, name, version }),
    reference,
    release: releaseOfPurl(purl),
    vendor: vendorOfPurl(purl),
  };
}

/** Returns whether a purl names a source package or an rpm key (`gpg-pubkey`): neither is an installed package. */
function isNonPackage({ type, name, qualifiers }: ParsedPurl): boolean {
  const isSource = isDistributionType(type) && /^(?:source|src|nosrc)$/.test(qualifiers['arch'] ?? '');
  return (
    (nonPackageTypes.has(type) && !isProduct({ type, name })) ||
    isSource ||
    (type === 'rpm' && name === 'gpg-pubkey')
  );
}

/** Whether a purl names a product that has advisories without a package, such as `pkg:generic/openssl`. */
function isProduct({ type, name }: Pick<ParsedPurl, 'type' | 'name'>): boolean {
  return type === 'generic' && namespaceOfProduct(name) !== undefined;
}

function packageFromPurl(
  purl: ParsedPurl,
  { name, version, modularity, path, layer, source }: ThirdPartyPackage & { name: string; version: string },
): Package {
  const { arch, rpmmod, upstream } = purl.qualifiers;
  const built = sourceOf(purl.type, { name, version }, source ?? upstreamOf(purl.type, upstream));
  const stream = modularity ?? rpmmod;
  return {
    type: purl.type,
    name,
    version,
    ...(arch !== undefined && word.test(arch) && { arch }),
    ...(built && { source: built }),
    ...(stream !== undefined && word.test(stream) && { modularity: stream }),
    purl: formatPurl(purl),
    location: { path: pathOf(path) ?? listedBySbom, layer: layer ?? null },
    foundBy: listedBySbom,
  };
}

function nameOf({ type, namespace, name }: ParsedPurl): string {
  const separator = separators.get(type);
  return separator === undefined || namespace === undefined ? name : `${namespace}${separator}${name}`;
}

/** Returns the version with its epoch. Some tools put the epoch into a qualifier, as purl-spec does for rpm. */
function versionOf(
  { type, version, qualifiers }: ParsedPurl,
  elsewhere: string | undefined,
): string | undefined {
  const full = version ?? (elsewhere === '' ? undefined : elsewhere);
  if (full === undefined || !/^(?:deb|rpm)$/.test(type)) return full;
  return withEpoch(type === 'rpm' ? full.replace(/^0:/, '') : full, qualifiers['epoch']);
}

/** Prepends the epoch to a version, unless it is 0 or already there. */
export function withEpoch(version: string, epoch: string | undefined): string {
  return epoch === undefined || !/^[1-9]\d*$/.test(epoch) || /^\d+:/.test(version)
    ? version
    : `${epoch}:${version}`;
}

function upstreamOf(type: string, upstream: string | undefined): ThirdPartyPackage['source'] {
  if (upstream === undefined) return undefined;
  if (type === 'rpm') return sourceOfRpmFile(upstream);
  const at = upstream.indexOf('@');
  return at <= 0 ? { name: upstream } : { name: upstream.slice(0, at), version: upstream.slice(at + 1) };
}

/** Returns the source package in the file name of a source RPM. */
export function sourceOfRpmFile(file: string): SourcePackage | undefined {
  const [, name, version] = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(file) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

/**
 * Returns the source package. Without a stated one, packages of Debian and Alpine have a source of the same name and
 * version; the binary rebuild suffix `+b1` is removed. The source of an rpm has no epoch.
 */
function sourceOf(
  type: string,
  binary: SourcePackage,
  stated: ThirdPartyPackage['source'],
): SourcePackage | undefined {
  if (type === 'rpm')
    return stated?.version === undefined
      ? undefined
      : validSource({ ...stated, version: stated.version.replace(/^\d+:/, '') });
  if (!isDistributionType(type)) return undefined;
  const version = type === 'deb' ? binary.version.replace(/\+b\d+$/, '') : binary.version;
  return (
    validSource({ name: stated?.name ?? binary.name, version: stated?.version ?? version }) ?? {
      ...binary,
      version,
    }
  );
}

function validSource(source: SourcePackage): SourcePackage | undefined {
  return word.test(source.name) && word.test(source.version) ? source : undefined;
}

/** Removes leading slashes, as in all paths here: tools write the same file as `/a`, `./a` or `a`. */
function pathOf(path: string | undefined): string | undefined {
  const relative = path?.replace(/^(?:\.?\/)+/, '');
  return relative ? stripControls(relative, 4096) : undefined;
}
