import type { Distro } from './distro.ts';
import type { ListedPackage } from './package.ts';

/** The parts of a package URL, not encoded. */
export interface PurlParts {
  readonly type: string;
  /** Its segments with slashes between them. */
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  /** Empty and undefined values are left out, as the specification asks. */
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
  readonly subpath?: string;
}

/**
 * The package URL of these parts in canonical form, purl-spec. Written by hand: the reference library takes longer to load than
 * an image takes to scan.
 */
export function formatPurl({ type, namespace, name, version, qualifiers = {}, subpath }: PurlParts): string {
  const pairs = Object.keys(qualifiers)
    .sort()
    .flatMap((key) => (qualifiers[key] ? [`${key}=${encode(qualifiers[key])}`] : []));
  return [
    `pkg:${type}/`,
    namespace === undefined ? '' : `${encodeSegments(namespace)}/`,
    encode(name),
    version === undefined ? '' : `@${encode(version)}`,
    pairs.length === 0 ? '' : `?${pairs.join('&')}`,
    subpath === undefined ? '' : `#${encodeSegments(subpath)}`,
  ].join('');
}

function encodeSegments(path: string): string {
  return path.split('/').map(encode).join('/');
}

/** Percent-encodes all but letters, digits, `.-_~` and the colon. */
function encode(text: string): string {
  if (/^[\w.~:-]*$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%3A', ':')
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Where package URLs name a vendor otherwise than `ID` of os-release does; the vendors' own VEX documents are written so. */
const vendors: ReadonlyMap<string, string> = new Map([
  ['rhel', 'redhat'],
  ['opensuse-leap', 'opensuse'],
  ['opensuse-tumbleweed', 'opensuse'],
  ['sles', 'suse'],
  ['sles_sap', 'suse'],
  ['sled', 'suse'],
  ['sle-micro', 'suse'],
  ['sle-micro-rancher', 'suse'],
  ['sl-micro', 'suse'],
]);

/**
 * The package URL of an operating-system package. `upstream` names the source package where it differs: `name`, or
 * `name@version` where the version differs too, and for rpm the file name of the source package.
 */
export function purlOf(pkg: ListedPackage, distro: Distro | null): string {
  const { epoch, version } =
    pkg.type === 'rpm' ? splitEpoch(pkg.version) : { epoch: undefined, version: pkg.version };
  return formatPurl({
    type: pkg.type,
    ...(distro === null ? {} : { namespace: vendors.get(distro.id) ?? distro.id }),
    name: pkg.type === 'rpm' ? pkg.name : pkg.name.toLowerCase(),
    version,
    qualifiers: {
      arch: pkg.arch,
      distro: distro === null ? undefined : distroName(distro),
      epoch,
      upstream: upstreamOf(pkg),
    },
  });
}

function splitEpoch(version: string): { epoch: string | undefined; version: string } {
  const [, epoch, rest = version] = /^(\d+):(.*)$/.exec(version) ?? [];
  return { epoch, version: rest };
}

function distroName({ id, versionId, versionCodename }: Distro): string {
  const release = versionId ?? versionCodename;
  return release === undefined ? id : `${id}-${release}`;
}

function upstreamOf({ type, name, version, source }: ListedPackage): string | undefined {
  if (source === undefined) return undefined;
  if (type === 'rpm') return source.name === name ? undefined : `${source.name}-${source.version}.src.rpm`;
  if (source.version !== version) return `${source.name}@${source.version}`;
  return source.name === name ? undefined : source.name;
}
