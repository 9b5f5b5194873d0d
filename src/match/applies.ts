import type { AdvisoryHit } from '../model/hit.ts';
import type { ListedPackage } from '../model/package.ts';
import type { Conditions, Flavour } from '../model/vulnerability.ts';

/** The parts of an installed package that conditions refer to. */
export type Installed = Pick<ListedPackage, 'type' | 'version' | 'arch' | 'source' | 'modularity'>;

/** The parts of a row that conditions refer to. */
export type ConditionedRow = Pick<AdvisoryHit, 'namespace' | 'affectedPackage' | 'only'>;

/** Returns whether a row applies to the build of an installed package. The version is checked elsewhere. */
export function applies({ namespace, affectedPackage, only }: ConditionedRow, installed: Installed): boolean {
  if (only?.products?.every((cpe) => !isGeneralStream(cpe, namespace.name))) return false;
  // Only rpm has modules, builds of several kinds, and fixes that differ by architecture.
  if (installed.type !== 'rpm') return true;
  return (
    (appliesToSourcePackage(only)
      ? installed.source?.name === affectedPackage
      : isOfArch(only?.arch, installed.arch)) &&
    isOfModule(only?.module, installed) &&
    only?.flavour === flavourOf(installed.version)
  );
}

/** Returns whether conditions are those of a source package. A row about it applies to all that was built from it. */
export function appliesToSourcePackage(only: Conditions | undefined): boolean {
  return only?.arch?.includes('src') ?? false;
}

/** The architectures that advisories distinguish. */
const advisoryArchs: ReadonlySet<string> = new Set([
  'aarch64',
  'armv7hl',
  'i386',
  'i486',
  'i586',
  'i686',
  'ia64',
  'loongarch64',
  'ppc',
  'ppc64',
  'ppc64le',
  'riscv64',
  's390',
  's390x',
  'x86_64',
]);

/**
 * Packages without machine code match every list, and a list with `noarch` matches every package. An unknown architecture matches every
 * list too: `amd64` and `x86_64_v2` are other names for x86_64, and a name can be made up.
 */
function isOfArch(wanted: readonly string[] | undefined, arch: string | undefined): boolean {
  if (wanted === undefined || arch === undefined || !advisoryArchs.has(arch)) return true;
  return wanted.includes(arch) || wanted.includes('noarch');
}

/**
 * Ordinary builds and module builds of one name are different packages, and so are the streams of a module. A module build that lost its
 * label has an unknown stream: rows of one stream do not apply to it.
 */
function isOfModule(wanted: string | undefined, { version, modularity }: Installed): boolean {
  const stream = modularity?.split(':').slice(0, 2).join(':');
  const isModular = stream !== undefined || /\.module[+_]/.test(version);
  if (wanted === undefined) return !isModular;
  return wanted === '*' ? isModular : wanted === stream;
}

/** The kind of build, as Oracle writes it into the release. */
function flavourOf(version: string): Flavour | undefined {
  if (/\.ksplice\d/.test(version)) return 'ksplice';
  return /_fips$/.test(version) ? 'fips' : undefined;
}

/** Vendor, product and version of a CPE 2.2 URI. */
const parts = /^cpe:\/[aoh]:([^:]*):([^:]*):?([^:]*)/;

/**
 * Returns whether every system of a namespace follows a product stream. This holds for RHEL itself in any of its parts. It does not hold
 * for extended support (EUS, AUS, E4S, TUS, ELS), whose products have fixes of their own, nor for layered products such as OpenShift or
 * SUSE's LTSS. The packages of an image do not show which of those it uses.
 */
export function isGeneralStream(cpe: string, namespace: string): boolean {
  const [, vendor, product, version = ''] = parts.exec(cpe) ?? [];
  if (vendor !== 'redhat') return false;
  if (namespace === 'hummingbird') return product === 'hummingbird';
  const [, release] = /^rhel:(\d+)$/.exec(namespace) ?? [];
  return product === 'enterprise_linux' && release !== undefined && version.split('.')[0] === release;
}
