import type { Distro } from './distro.ts';
import type { ListedPackage } from './package.ts';
import { packageName } from './package-name.ts';

/** The decoded parts of a package URL. */
export interface PurlParts {
  readonly type: string;
  /** Its segments, separated by slashes. */
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  /** Empty and undefined values are omitted, as purl-spec demands. */
  readonly qualifiers?: Readonly<Record<string, string | undefined>>;
  readonly subpath?: string;
}

/**
 * Formats a package URL in canonical form (purl-spec). The reference library is not used: it takes longer to load than an image takes to
 * scan.
 */
export function formatPurl({ type, namespace, name, version, qualifiers, subpath }: PurlParts): string {
  const start = namespace === undefined ? `pkg:${type}/` : `pkg:${type}/${encodeSegments(namespace)}/`;
  const release = version === undefined ? '' : `@${encode(version)}`;
  const query = qualifiers === undefined ? '' : formatQualifiers(qualifiers);
  const fragment = subpath === undefined ? '' : `#${encodeSegments(subpath)}`;
  // Joined, the parts need not be kept. An image has tens of thousands of them.
  return [start, encode(name), release, query, fragment].join('');
}

function formatQualifiers(qualifiers: NonNullable<PurlParts['qualifiers']>): string {
  const pairs = Object.keys(qualifiers)
    .sort()
    .flatMap((key) => (qualifiers[key] ? [`${key}=${encode(qualifiers[key])}`] : []));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function encodeSegments(path: string): string {
  return path.split('/').map(encode).join('/');
}

/** Percent-encodes everything except letters, digits, `.-_~` and the colon. */
function encode(text: string): string {
  if (/^[\w.~:-]*$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%3A', ':')
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A parsed package URL. Its qualifiers have lower-case keys, and no value is empty. */
export interface ParsedPurl extends PurlParts {
  readonly qualifiers: Readonly<Record<string, string>>;
}

/** The ASCII characters that purl-spec allows in a type or the key of a qualifier. */
const typeForm = /^[a-z.-][a-z\d.-]*$/i;
const keyForm = /^[a-z._-][a-z\d._-]*$/i;

/**
 * Parses a package URL as purl-spec does, from right to left. Undefined if it is invalid. Rules of single types, such as lower-case names,
 * are not applied.
 */
export function parsePurl(text: string): ParsedPurl | undefined {
  const [, rest] = /^pkg:\/*([^/].*)$/is.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const [head, fragment] = splitAt(rest, rest.indexOf('#'));
  const [path, query] = splitAt(head, head.indexOf('?'));
  const [type = '', ...segments] = path.split('/');
  const [name, version] = splitVersion(segments.filter((segment) => segment !== '').pop() ?? '');
  const parts = {
    namespace: decodeSegments(segments.filter((segment) => segment !== '').slice(0, -1)),
    name: decode(name),
    version: decode(version ?? ''),
    qualifiers: qualifiersOf(query ?? ''),
    subpath: decodeSegments((fragment ?? '').split('/').filter((segment) => !/^\.{0,2}$/.test(segment))),
  };
  return typeForm.test(type) ? withoutEmpty(type.toLowerCase(), parts) : undefined;
}

type Decoded = Record<'namespace' | 'name' | 'version' | 'subpath', string | undefined> & {
  readonly qualifiers: Record<string, string> | undefined;
};

/** The parts, if all could be decoded and there is a name. */
function withoutEmpty(type: string, parts: Decoded): ParsedPurl | undefined {
  const { namespace, name, version, qualifiers, subpath } = parts;
  if (!name || namespace === undefined || version === undefined) return undefined;
  if (qualifiers === undefined || subpath === undefined) return undefined;
  return {
    type,
    ...(namespace !== '' && { namespace }),
    name,
    ...(version !== '' && { version }),
    qualifiers,
    ...(subpath !== '' && { subpath }),
  };
}

/** The text before and after the character at a position. The second is undefined if the position is -1. */
function splitAt(text: string, at: number): [before: string, after: string | undefined] {
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Applies to the last segment only: an npm scope that is not encoded begins with the same character. */
function splitVersion(segment: string): [name: string, version: string | undefined] {
  return splitAt(segment, segment.lastIndexOf('@'));
}

function qualifiersOf(query: string): Record<string, string> | undefined {
  const qualifiers: [string, string][] = [];
  for (const pair of query.split('&')) {
    const [key, raw = ''] = splitAt(pair, pair.indexOf('='));
    const value = decode(raw);
    if (value === undefined || (key !== '' && !keyForm.test(key))) return undefined;
    if (key !== '' && value !== '') qualifiers.push([key.toLowerCase(), value]);
  }
  return Object.fromEntries(qualifiers);
}

function decodeSegments(segments: readonly string[]): string | undefined {
  const decoded = segments.map(decode);
  return decoded.includes(undefined) ? undefined : decoded.join('/');
}

function decode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Types whose namespaces and names ignore case: purl-spec "PURL-TYPES". */
const caseless: ReadonlySet<string> = new Set([
  'apk',
  'deb',
  'docker',
  'oci',
  'alpm',
  'github',
  'bitbucket',
  'pypi',
]);

/** Parses a package URL for comparison: namespace and name are in lower case if its type ignores case. Undefined if it is invalid. */
export function parseNormalizedPurl(text: string): PurlParts | undefined {
  const parts = parsePurl(text);
  if (parts === undefined || !caseless.has(parts.type)) return parts;
  const { namespace, name } = parts;
  return {
    ...parts,
    ...(namespace !== undefined && { namespace: namespace.toLowerCase() }),
    name: name.toLowerCase(),
  };
}

/** Vendors whose name in package URLs differs from `ID` of os-release. The vendors' own VEX documents use these names. */
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

/** Characters that separate the namespace of a language package from its name, by type: purl-spec "PURL-TYPES". */
const namespaceEnds: ReadonlyMap<string, string> = new Map([
  ['npm', '/'],
  ['golang', '/'],
  ['composer', '/'],
  ['swift', '/'],
  ['maven', ':'],
]);

/** A name as scanners write it into CycloneDX. */
export interface GroupedName {
  readonly group?: string;
  readonly name: string;
}

/** Types whose group other scanners separate from the name: the group id of Maven, and the scope of npm. */
const groupedTypes: ReadonlySet<string> = new Set(['maven', 'npm']);

/** Returns group and name of a package. The name is whole if scanners do not separate the group of its type. */
export function groupedName({ type, name }: Pick<ListedPackage, 'type' | 'name'>): GroupedName {
  const at = groupedTypes.has(type) ? name.lastIndexOf(namespaceEnds.get(type) ?? '') : -1;
  return at > 0 && at < name.length - 1 ? { group: name.slice(0, at), name: name.slice(at + 1) } : { name };
}

/** Returns the name that `groupedName` has split. */
export function joinedName(type: string, { group, name }: GroupedName): string {
  return group === undefined || group === '' ? name : `${group}${namespaceEnds.get(type) ?? '/'}${name}`;
}

/**
 * Returns the package URL of a package that is the same in every distribution. Its name keeps its case. `separator` ends the namespace in
 * the name. Without it, the type decides.
 */
export function languagePurlOf(
  { type, name, version }: Pick<ListedPackage, 'type' | 'name' | 'version'>,
  separator = namespaceEnds.get(type),
): string {
  // Names of other registries have one spelling, or the purl keeps all of them.
  const own = type === 'pypi' || type === 'composer' ? packageName(type, name) : name;
  const at = separator === undefined ? -1 : own.lastIndexOf(separator);
  return formatPurl({
    type,
    ...(at > 0 && { namespace: own.slice(0, at) }),
    name: own.slice(at + 1),
    ...(version !== '(devel)' && { version }),
  });
}

/**
 * Returns the package URL of an operating-system package. `upstream` names the source package if it differs: `name`, or `name@version` if
 * the version differs too. For rpm it is the file name of the source package.
 */
export function purlOf(pkg: ListedPackage, distro: Distro | null): string {
  const { epoch, version } =
    pkg.type === 'rpm' ? splitEpoch(pkg.version) : { epoch: undefined, version: pkg.version };
  // The namespace of a package of Gentoo is its category, as in other scanners.
  const [, category, name = pkg.name] = (pkg.type === 'ebuild' && /^([^/]+)\/(.+)$/.exec(pkg.name)) || [];
  const namespace = category ?? (distro === null ? undefined : (vendors.get(distro.id) ?? distro.id));
  return formatPurl({
    type: pkg.type,
    ...(namespace !== undefined && { namespace }),
    name: pkg.type === 'rpm' || pkg.type === 'ebuild' ? name : name.toLowerCase(),
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
