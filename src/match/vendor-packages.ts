import type { Distro } from '../model/distro.ts';
import type { ListedPackage } from '../model/package.ts';

/** Directories in which distributions install files. Packages of others also use `/opt`, `/srv` and `/usr/local`. */
const directoriesOfDistributions =
  /^(?:usr\/(?!local\/)|s?bin\/|lib(?:32|64|x32)?\/|etc\/|var\/lib\/|boot\/)/;

/** Vendors of the rpm packages of a distribution, by `ID` of os-release. */
const rpmVendors: ReadonlyMap<string, RegExp> = new Map([
  ['rhel', /^Red Hat/i],
  ['centos', /^(?:CentOS|Red Hat)/i],
  ['ol', /^Oracle/i],
  ['rocky', /^Rocky/i],
  ['almalinux', /^Alma/i],
  ['scientific', /^Scientific/i],
  ['fedora', /^Fedora/i],
  ['amzn', /^Amazon/i],
  ['photon', /^(?:VMware|Broadcom)/i],
  ['openeuler', /openeuler/i],
  ['mariner', /^Microsoft/i],
  ['azurelinux', /^Microsoft/i],
  ...['sles', 'sles_sap', 'sled', 'sle-micro', 'sle-micro-rancher', 'sl-micro'].map(
    (id) => [id, /^SUSE/i] as const,
  ),
  ...['opensuse', 'opensuse-leap', 'opensuse-tumbleweed'].map((id) => [id, /^(?:openSUSE|SUSE)/i] as const),
]);

/** Hosts in the addresses of maintainers who build Debian packages for repositories of their own. */
const thirdPartyHosts = [
  ...['docker.com', 'nvidia.com', 'nodesource.com', 'microsoft.com', 'mongodb.com', 'f5.com', 'nginx.com'],
  ...[
    'hashicorp.com',
    'gitlab.com',
    'elastic.co',
    'grafana.com',
    'datadoghq.com',
    'oracle.com',
    'mariadb.org',
  ],
  ...['mariadb.com', 'percona.com', 'confluent.io', 'influxdata.com', 'cloudflare.com', 'github.com'],
  ...['google.com', 'chromium.org', 'jenkins.io', 'hp.com', 'intel.com', 'amd.com', 'newrelic.com', 'dan.cx'],
];

/** The packager that makepkg names for packages of Arch Linux that users build themselves. */
const selfBuilt = /^Unknown Packager/;

/** Suffixes of versions in repositories that rebuild packages of Debian. */
const thirdPartyVersion = /nodesource|sury\.org|ppa\d/i;

/**
 * Returns whether the distribution itself built a package, so that its advisories cover a file of the package. Package databases do not
 * state the repository, so vendors, maintainers and paths decide. If these say nothing, the package is of the distribution.
 */
export function isVendorPackage(
  { type, version, vendor, supplier = '' }: ListedPackage,
  path: string,
  distro: Distro,
): boolean {
  const expected = type === 'rpm' && vendor !== undefined ? rpmVendors.get(distro.id) : undefined;
  if (expected !== undefined && vendor !== undefined) return expected.test(vendor);
  if (!directoriesOfDistributions.test(path)) return false;
  if (type === 'alpm') return !selfBuilt.test(supplier);
  return type !== 'deb' || !(thirdPartyVersion.test(version) || isOfThirdParty(supplier));
}

/**
 * Returns whether a package is of a distribution, whichever it is. A package of a vendor that is no distribution is not. So is one whose file
 * is at a path that distributions do not use.
 */
export function isSurelyVendorPackage(item: ListedPackage, path: string): boolean {
  const { type, version, vendor, supplier = '' } = item;
  if (!directoriesOfDistributions.test(path)) return false;
  if (type === 'rpm' && vendor !== undefined)
    return [...rpmVendors.values()].some((expected) => expected.test(vendor));
  return type !== 'deb' || !(thirdPartyVersion.test(version) || isOfThirdParty(supplier));
}

function isOfThirdParty(maintainer: string): boolean {
  const [host = ''] = maintainer
    .slice(maintainer.lastIndexOf('@') + 1)
    .toLowerCase()
    .split('>', 1);
  return thirdPartyHosts.some((known) => host === known || host.endsWith(`.${known}`));
}
