import type { Distro } from './distro.ts';
import type { PackageType } from './package.ts';
import { releaseOf, unstable } from './release.ts';

/** Where a name and a version mean something, and how versions order: a distro release or a language ecosystem. */
export interface Namespace {
  /** `debian:12`, `alpine:v3.19`, `npm`. */
  readonly name: string;
  /** Name of the version scheme: `dpkg`, `apk`, `rpm`, `npm`… */
  readonly versionScheme: string;
}

/** How the packages of each type order, for the types whose distributions have advisories. A lister says it of others. */
const versionSchemes: ReadonlyMap<PackageType, string> = new Map([
  ['deb', 'dpkg'],
  ['apk', 'apk'],
  ['rpm', 'rpm'],
]);

/** How the versions of a language's packages order, by the type of their package URLs, which names their namespace as well. */
const ecosystemSchemes: ReadonlyMap<PackageType, string> = new Map([
  ['npm', 'npm'],
  ['pypi', 'pep440'],
  ['golang', 'go'],
  ['maven', 'maven'],
  ['gem', 'gem'],
  ['cargo', 'semver'],
  ['nuget', 'nuget'],
  ['composer', 'composer'],
  ['hex', 'semver'],
  ['swift', 'semver'],
  ['pub', 'pub'],
]);

/** How packages order, by the types of their package URLs: those of which there are advisories, whoever lists them. */
export const schemesOfTypes: ReadonlyMap<PackageType, string> = new Map([
  ...versionSchemes,
  ...ecosystemSchemes,
]);

/** The namespace of the packages of a language, wherever they are installed; undefined for types that are not of one. */
export function ecosystemOfType(type: PackageType): Namespace | undefined {
  const versionScheme = ecosystemSchemes.get(type);
  return versionScheme === undefined ? undefined : { name: type, versionScheme };
}

/** Whether packages of a type are a distribution's own. */
export function isDistributionType(type: PackageType): boolean {
  return versionSchemes.has(type);
}

/** How the advisories of a distribution are divided by release. */
interface Rule {
  readonly type: PackageType;
  /** What stands before the colon. */
  readonly name: string;
  /** What stands after it; undefined when the release is unknown. `rolling` distributions have neither colon nor release. */
  readonly release: ((distro: Distro) => string | undefined) | 'rolling';
}

/**
 * What Clair and its successors call each distribution, by `ID` of os-release. RHEL keeps its own name, and CentOS, whose
 * advisories are RHEL's, has its own. Raspbian rebuilds Debian's packages under Debian's versions, so it is Debian here.
 * Every other derivative (Kali, Mint, VyOS, postmarketOS…) changes packages of its own and is not in the table on purpose.
 */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['debian', { type: 'deb', name: 'debian', release: debianRelease }],
  ['raspbian', { type: 'deb', name: 'debian', release: debianRelease }],
  ['ubuntu', { type: 'deb', name: 'ubuntu', release: ubuntuRelease }],
  ['echo', { type: 'deb', name: 'echo', release: 'rolling' }],

  ['alpine', { type: 'apk', name: 'alpine', release: alpineBranch }],
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
  ['mariner', { type: 'rpm', name: 'mariner', release: majorMinor }],
  ['azurelinux', { type: 'rpm', name: 'azurelinux', release: majorMinor }],

  // Their `VERSION_ID` is the date of an image, or the version of one package.
  ['arch', { type: 'alpm', name: 'arch', release: 'rolling' }],
  ['gentoo', { type: 'ebuild', name: 'gentoo', release: 'rolling' }],
]);

/**
 * The namespace in which advisories speak of packages of a type in a distribution; undefined where the type does not belong to
 * it, such as an apk database on Debian. A distribution or release without advisories has a namespace all the same, under its
 * own name and never its parent's: that nothing is known about it must show. `scheme` is how packages of a type order that is not
 * known here.
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

/** The namespace of a distribution whatever is installed of it; undefined for one not in the table, or of a type not known here. */
export function namespaceOfDistro(distro: Distro): Namespace | undefined {
  const rule = rules.get(distro.id);
  return rule && namespaceOf(distro, rule.type);
}

/** `ID` of os-release of a distribution in the table, by that or by the name of its namespaces. */
export function distroIdOf(name: string): string | undefined {
  if (rules.has(name)) return name;
  return [...rules].find(([, rule]) => rule.name === name)?.[0];
}

/** Whether a distribution, by `ID` of os-release, has no releases. */
export function isRolling(id: string): boolean {
  return rules.get(id)?.release === 'rolling';
}

/** How versions order in a namespace, told from its name; undefined for one of no distribution in the table. */
export function versionSchemeOf(namespace: string): string | undefined {
  const [distribution = ''] = namespace.split(':');
  const rule = [...rules.values()].find(({ name }) => name === distribution);
  return rule && versionSchemes.get(rule.type);
}

/** Rebuilds of RHEL under its versions that publish no advisories of their own. CentOS Stream runs ahead of it, and is near. */
const rebuilds = /^(?:centos|scientific):/;

/** The namespace under which advisories for the packages of a namespace are published. */
export function advisoryNamespaceOf({ name, versionScheme }: Namespace): Namespace {
  return { name: name.replace(rebuilds, 'rhel:'), versionScheme };
}

/** A distribution nobody knows uses the package type of the first parent somebody knows, or any at all. */
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

/** Alpine names a snapshot of the branch to come `3.19_alpha20230901` or `3.21.0_alpha20240923`. */
function alpineBranch(distro: Distro): string | undefined {
  if (distro.versionId === 'edge' || distro.versionId?.includes('_alpha')) return 'edge';
  const branch = majorMinor(distro);
  return branch === undefined ? undefined : `v${branch}`;
}

/** Amazon Linux 1 was one rolling release with dated snapshots; its advisories stand under the last, 2018.03. */
function amazonRelease(distro: Distro): string | undefined {
  return /^201\d\./.test(distro.versionId ?? '') ? '2018.03' : major(distro);
}
