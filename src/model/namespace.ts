import type { Distro } from './distro.ts';
import type { PackageType } from './package.ts';
import { releaseOf, unstable } from './release.ts';

/** The scope of package names and the order of their versions: a distro release or a language ecosystem. */
export interface Namespace {
  /** `debian:12`, `alpine:v3.19`, `npm`. */
  readonly name: string;
  /** Name of the version scheme: `dpkg`, `apk`, `rpm`, `npm`… */
  readonly versionScheme: string;
}

/** Version schemes of package types whose distributions have advisories. For other types, the lister names the scheme. */
const versionSchemes: ReadonlyMap<PackageType, string> = new Map([
  ['deb', 'dpkg'],
  ['apk', 'apk'],
  ['rpm', 'rpm'],
  ['alpm', 'alpm'],
  ['ebuild', 'gentoo'],
]);

/** Version schemes of language packages by their purl type, which is also their namespace. */
const schemesOfEcosystems = {
  npm: 'npm',
  pypi: 'pep440',
  golang: 'go',
  maven: 'maven',
  gem: 'gem',
  cargo: 'semver',
  nuget: 'nuget',
  composer: 'composer',
  hex: 'semver',
  swift: 'semver',
  pub: 'pub',
  cran: 'cran',
  hackage: 'cran',
  julia: 'pub',
  bitnami: 'bitnami',
} as const;

/** Products that no package manager installs and whose advisories name versions, by their name in package URLs. */
export const assessedProducts = [
  'bash',
  'busybox',
  'curl',
  'erlang',
  'haproxy',
  'httpd',
  'lighttpd',
  'mariadb',
  'memcached',
  'nginx',
  'node',
  'openssl',
  'perl',
  'php',
  'postgresql',
  'python',
  'redis',
  'ruby',
  'valkey',
  'xz',
  'zlib',
] as const;

const ecosystemSchemes: ReadonlyMap<PackageType, string> = new Map(Object.entries(schemesOfEcosystems));

/** Version schemes by purl type of all packages with advisories, whatever lists them. */
export const schemesOfTypes: ReadonlyMap<PackageType, string> = new Map([
  ...versionSchemes,
  ...ecosystemSchemes,
]);

/** The namespace of the language packages of a type, wherever they are installed. Undefined for other types. */
export function ecosystemOfType(type: PackageType): Namespace | undefined {
  const versionScheme = ecosystemSchemes.get(type);
  return versionScheme === undefined ? undefined : { name: type, versionScheme };
}

/** The namespace of the language packages of a known type. */
export function namespaceOfEcosystem(type: keyof typeof schemesOfEcosystems): Namespace {
  return { name: type, versionScheme: schemesOfEcosystems[type] };
}

/** Begins the names of the namespaces of products that no package manager installs. */
const productPrefix = 'generic:';
const productSchemes: ReadonlyMap<string, string> = new Map(
  assessedProducts.map((name) => [productPrefix + name, 'program']),
);

/** Returns the namespace of a product, by its name in package URLs: `generic:openssl`. Undefined if it has no advisories. */
export function namespaceOfProduct(name: string): Namespace | undefined {
  const namespace = productPrefix + name;
  const versionScheme = productSchemes.get(namespace);
  return versionScheme === undefined ? undefined : { name: namespace, versionScheme };
}

/** Returns whether packages of a type belong to a distribution. */
export function isDistributionType(type: PackageType): boolean {
  return versionSchemes.has(type);
}

/** The division of a distribution's advisories by release. */
interface Rule {
  readonly type: PackageType;
  /** The part before the colon. */
  readonly name: string;
  /** The part after the colon. Undefined if the release is unknown. `rolling` distributions have neither colon nor release. */
  readonly release: ((distro: Distro) => string | undefined) | 'rolling';
}

/**
 * Clair's name of each distribution, by `ID` of os-release. RHEL keeps its own name. CentOS, whose advisories are RHEL's, has its own.
 * Raspbian rebuilds Debian's packages under Debian's versions, so it is Debian here. postmarketOS installs Alpine's packages from Alpine's
 * repositories, and adds its own for devices. Other derivatives (Kali, Mint, VyOS…) change packages and are deliberately not in the table.
 */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['debian', { type: 'deb', name: 'debian', release: debianRelease }],
  ['raspbian', { type: 'deb', name: 'debian', release: debianRelease }],
  ['ubuntu', { type: 'deb', name: 'ubuntu', release: ubuntuRelease }],
  ['echo', { type: 'deb', name: 'echo', release: 'rolling' }],

  ['alpine', { type: 'apk', name: 'alpine', release: alpineBranch }],
  ['postmarketos', { type: 'apk', name: 'alpine', release: postmarketBranch }],
  ['wolfi', { type: 'apk', name: 'wolfi', release: 'rolling' }],
  ['chainguard', { type: 'apk', name: 'chainguard', release: 'rolling' }],
  ['minimos', { type: 'apk', name: 'minimos', release: 'rolling' }],

  ['rhel', { type: 'rpm', name: 'rhel', release: major }],
  ['centos', { type: 'rpm', name: 'centos', release: major }],
  ['ol', { type: 'rpm', name: 'oracle', release: major }],
  ['rocky', { type: 'rpm', name: 'rocky', release: major }],
  ['almalinux', { type: 'rpm', name: 'almalinux', release: major }],
  ['scientific', { type: 'rpm', name: 'scientific', release: major }],
  ['fedora', { type: 'rpm', name: 'fedora', release: major }],
  ['bottlerocket', { type: 'rpm', name: 'bottlerocket', release: 'rolling' }],
  ['hummingbird', { type: 'rpm', name: 'hummingbird', release: 'rolling' }],
  ['amzn', { type: 'rpm', name: 'amzn', release: amazonRelease }],
  ['sles', { type: 'rpm', name: 'sles', release: majorMinor }],
  ['sles_sap', { type: 'rpm', name: 'sles', release: majorMinor }],
  ['sled', { type: 'rpm', name: 'sled', release: majorMinor }],
  ['sle-micro', { type: 'rpm', name: 'sle-micro', release: majorMinor }],
  ['sle-micro-rancher', { type: 'rpm', name: 'sle-micro', release: majorMinor }],
  ['sl-micro', { type: 'rpm', name: 'sl-micro', release: majorMinor }],
  ['opensuse', { type: 'rpm', name: 'opensuse-leap', release: majorMinor }],
  ['opensuse-leap', { type: 'rpm', name: 'opensuse-leap', release: majorMinor }],
  ['opensuse-tumbleweed', { type: 'rpm', name: 'opensuse-tumbleweed', release: 'rolling' }],
  ['photon', { type: 'rpm', name: 'photon', release: majorMinor }],
  ['openeuler', { type: 'rpm', name: 'openeuler', release: ({ versionId }) => versionId }],
  ['mariner', { type: 'rpm', name: 'mariner', release: majorMinor }],
  ['azurelinux', { type: 'rpm', name: 'azurelinux', release: majorMinor }],

  // Their `VERSION_ID` is the date of an image, or the version of one package.
  ['arch', { type: 'alpm', name: 'arch', release: 'rolling' }],
  ['gentoo', { type: 'ebuild', name: 'gentoo', release: 'rolling' }],
]);

/**
 * Returns the namespace of advisories for a package type in a distribution. Undefined if the type does not belong to it, such as an apk
 * database on Debian. A distribution or release without advisories has a namespace of its own and never its parent's, so that the lack of
 * advisories shows. `scheme` is the version scheme of an unknown package type.
 */
export function namespaceOf(distro: Distro, type: PackageType, scheme?: string): Namespace | undefined {
  const versionScheme = versionSchemes.get(type) ?? scheme;
  const rule = rules.get(distro.id);
  if (versionScheme === undefined || !typeBelongs(distro, rule, type)) return undefined;
  const release =
    rule === undefined ? distro.versionId : rule.release === 'rolling' ? undefined : rule.release(distro);
  const name = rule?.name ?? distro.id;
  return { name: release === undefined ? name : `${name}:${release}`, versionScheme };
}

/** Returns the namespace of a distribution, whatever is installed. Undefined if it is not in the table or has an unknown package type. */
export function namespaceOfDistro(distro: Distro): Namespace | undefined {
  const rule = rules.get(distro.id);
  return rule && namespaceOf(distro, rule.type);
}

/** Returns the `ID` of os-release for a distribution in the table, by that id or by the name of its namespaces. */
export function distroIdOf(name: string): string | undefined {
  if (rules.has(name)) return name;
  return [...rules].find(([, rule]) => rule.name === name)?.[0];
}

/** Returns the distribution of a namespace: `almalinux:8`. Null for other namespaces. */
export function distroOfNamespace(name: string): Distro | null {
  const [distribution = '', versionId] = name.split(':');
  const id = versionId === undefined ? undefined : distroIdOf(distribution);
  return id === undefined || versionId === undefined ? null : { id, versionId, like: [] };
}

/** Returns whether a distribution, by `ID` of os-release, has no releases. */
export function isRolling(id: string): boolean {
  return rules.get(id)?.release === 'rolling';
}

/** Returns the version scheme of a namespace of language packages or of a product, by its name. Undefined for another namespace. */
export function languageSchemeOf(namespace: string): string | undefined {
  return ecosystemSchemes.get(namespace) ?? productSchemes.get(namespace);
}

/** Returns the version scheme of a namespace by its name. Undefined if its distribution is not in the table. */
export function versionSchemeOf(namespace: string): string | undefined {
  const ofLanguages = languageSchemeOf(namespace);
  if (ofLanguages !== undefined) return ofLanguages;
  const [distribution = ''] = namespace.split(':');
  const rule = [...rules.values()].find(({ name }) => name === distribution);
  return rule && versionSchemes.get(rule.type);
}

/** Rebuilds of RHEL under its versions without advisories of their own. CentOS Stream is slightly ahead of it. */
const rebuilds = /^(?:centos|scientific):/;

/** Returns the namespace under which advisories for the packages of a namespace are published. */
export function advisoryNamespaceOf(namespace: Namespace): Namespace {
  const { name, versionScheme } = namespace;
  return rebuilds.test(name) ? { name: name.replace(rebuilds, 'rhel:'), versionScheme } : namespace;
}

/** An unknown distribution uses the package type of its nearest known parent. Without a known parent, any type belongs to it. */
function typeBelongs(distro: Distro, rule: Rule | undefined, type: PackageType): boolean {
  if (rule !== undefined) return rule.type === type;
  const parent = distro.like.map((id) => rules.get(id)).find((known) => known !== undefined);
  return parent === undefined || parent.type === type;
}

function major({ versionId }: Distro): string | undefined {
  return versionId?.match(/^\d+/)?.[0];
}

function majorMinor({ versionId }: Distro): string | undefined {
  return versionId?.match(/^\d+(?:\.\d+)?/)?.[0];
}

function debianRelease(distro: Distro): string | undefined {
  const codename = distro.versionCodename;
  if (codename === unstable) return 'unstable';
  return major(distro) ?? versionOfCodename('debian', codename);
}

function ubuntuRelease(distro: Distro): string | undefined {
  return majorMinor(distro) ?? versionOfCodename('ubuntu', distro.versionCodename);
}

function versionOfCodename(id: string, codename: string | undefined): string | undefined {
  const release = codename === undefined ? undefined : releaseOf(codename);
  return release?.id === id ? release.versionId : undefined;
}

/** Alpine names a snapshot of the next branch `3.19_alpha20230901` or `3.21.0_alpha20240923`. */
function alpineBranch(distro: Distro): string | undefined {
  if (distro.versionId === 'edge' || distro.versionId?.includes('_alpha')) return 'edge';
  const branch = majorMinor(distro);
  return branch === undefined ? undefined : `v${branch}`;
}

/** Releases of postmarketOS from the oldest. Each is built on the next branch of Alpine, from 3.12 on. */
const postmarketReleases: readonly string[] = [
  '20.05',
  '21.03',
  '21.06',
  '21.12',
  '22.06',
  '22.12',
  '23.06',
  '23.12',
  '24.06',
  '24.12',
  '25.06',
  '25.12',
];
const firstPostmarketMinor = 12;

/** The branch of Alpine under a release of postmarketOS. Undefined for an unknown release. */
function postmarketBranch({ versionId = '' }: Distro): string | undefined {
  if (versionId === 'edge') return 'edge';
  const [, release = ''] = /^v?(\d\d\.\d\d)(?:\.\d+)?$/.exec(versionId) ?? [];
  const place = postmarketReleases.indexOf(release);
  return place === -1 ? undefined : `v3.${firstPostmarketMinor + place}`;
}

/** Amazon Linux 1 was one rolling release with dated snapshots. Its advisories are published for the last one, 2018.03. */
function amazonRelease(distro: Distro): string | undefined {
  return /^201\d\./.test(distro.versionId ?? '') ? '2018.03' : major(distro);
}

/** Returns the name of a namespace for its name in Clair 2 and in the v1 API, which have advisories for RHEL under CentOS. */
export function namespaceOfWire(name: string): string {
  return name.replace(/^centos:/, 'rhel:');
}
