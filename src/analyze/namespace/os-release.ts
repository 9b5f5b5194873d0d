/**
 * Order of the namespace detectors. They run in this order and the first result counts:
 *
 * 1. os-release — every distribution since about 2013. If it is less precise than another file, it is completed: the
 *    branch of Alpine from the apk repositories, Debian before a release from debian_version and the apt sources, the
 *    service pack of openEuler from the texts for people. It
 *    returns nothing if it names RHEL, CentOS or Fedora and the release file of another vendor contradicts: that vendor
 *    copied it from its parent. It also returns nothing without a usable ID.
 * 2. redhat-release — the vendor's own file before the redhat-release of the parent, which rebuilds keep.
 * 3. alpine-release — no other distribution ships it.
 * 4. lsb-release — before 5, because Ubuntu also ships Debian's debian_version.
 * 5. apt-sources — the suites of apt, and debian_version, which alone cannot distinguish a derivative from Debian.
 *
 * BusyBox binaries are not inspected: an image with nothing else has no package database.
 */

import { omitUndefined } from '../../kit/collections.ts';
import type { Distro } from '../../model/distro.ts';
import { releaseOf, unstable } from '../../model/release.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { NamespaceDetector } from '../../plugin/namespace-detector.ts';
import { alpineVersion, repositoriesFile } from './alpine-branch.ts';
import { debianVersionFile } from './apt-sources.ts';
import { aptSuites, sourcesFiles } from './apt-suites.ts';
import { firstOf, vendorFiles } from './redhat-release.ts';
import { assignmentsOf, firstLineOf, wordOf } from './release-text.ts';

/** The last two are of Bottlerocket, whose system is below the root. */
const releaseFiles: readonly string[] = [
  'etc/os-release',
  'usr/lib/os-release',
  'x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release',
  'aarch64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release',
];

/** Recognises a distribution by os-release(5). */
export const osRelease: NamespaceDetector = {
  name: 'os-release',
  version: 2,
  wants: [...releaseFiles, ...vendorFiles, repositoriesFile, debianVersionFile, ...sourcesFiles],
  detect(files) {
    for (const path of releaseFiles) {
      const values = assignmentsOf(files, path);
      const distro = distroOf(values);
      if (distro !== undefined) return isCopied(files, distro) ? undefined : complete(files, distro, values);
    }
    return undefined;
  },
};

function distroOf(values: ReadonlyMap<string, string>): Distro | undefined {
  const id = wordOf(values.get('ID')?.toLowerCase());
  if (id === undefined) return undefined;
  const optional = {
    versionId: wordOf(values.get('VERSION_ID')),
    versionCodename: wordOf(values.get('VERSION_CODENAME')?.toLowerCase()),
    prettyName: values.get('PRETTY_NAME') || undefined,
    supportEnd: /^\d{4}-\d\d-\d\d$/.exec(values.get('SUPPORT_END') ?? '')?.[0],
  };
  const like = (values.get('ID_LIKE') ?? '').toLowerCase().split(/\s+/);
  return { id, ...omitUndefined(optional), like: like.filter((parent) => wordOf(parent) !== undefined) };
}

const parents: ReadonlySet<string> = new Set(['rhel', 'centos', 'fedora']);

function isCopied(files: Files, { id }: Distro): boolean {
  const vendor = parents.has(id) ? firstOf(files, vendorFiles) : undefined;
  return vendor !== undefined && vendor.id !== id;
}

function complete(files: Files, distro: Distro, values: ReadonlyMap<string, string>): Distro {
  if (distro.id === 'alpine') {
    const stated = /\bedge\b/.test(distro.prettyName ?? '') ? edgeVersion(distro) : distro.versionId;
    return stated === undefined ? distro : { ...distro, versionId: alpineVersion(files, stated) };
  }
  const version = values.get('VERSION') ?? '';
  if (distro.id === 'openeuler') return withServicePack(distro, version);
  return distro.id === 'debian' ? completeDebian(files, distro, version) : distro;
}

/**
 * Adds the service pack of openEuler, which has its own advisories. `VERSION_ID` lacks it: `VERSION="24.03 (LTS-SP1)"`, and `PRETTY_NAME` with
 * the same end.
 */
function withServicePack(distro: Distro, version: string): Distro {
  const { versionId, prettyName = '' } = distro;
  const pack = servicePackIn(version) ?? servicePackIn(prettyName);
  if (versionId === undefined || pack === undefined || versionId.includes('LTS')) return distro;
  return { ...distro, versionId: `${versionId}-${pack}` };
}

function servicePackIn(text: string): string | undefined {
  return /\((LTS(?:-(?:SP\d{1,2}|Next))?)\)/.exec(text)?.[1];
}

function edgeVersion({ versionId = '' }: Distro): string {
  return versionId.includes('_alpha') ? versionId : 'edge';
}

function completeDebian(files: Files, distro: Distro, version: string): Distro {
  const versionCodename =
    distro.versionCodename ?? codenameIn(version) ?? codenameIn(distro.prettyName ?? '');
  const named = versionCodename === undefined ? distro : { ...distro, versionCodename };
  if (distro.versionId !== undefined) return named;
  const debianVersion = firstLineOf(files, debianVersionFile);
  const versionId = wordOf(/^\d+/.exec(debianVersion)?.[0]);
  if (versionId !== undefined) return { ...named, versionId };
  const coming = wordOf(/\b(\w+)\/sid\b/.exec(`${debianVersion} ${distro.prettyName ?? ''}`)?.[1]);
  return coming === undefined ? named : { ...named, versionCodename: suiteInUse(files, coming) };
}

/**
 * Returns the suite in use. Testing and unstable have the same os-release: no VERSION_ID, the coming release as
 * codename, and "forky/sid" as name. Only the apt sources distinguish them. Without these it is unstable, as in the
 * Debian images of that name.
 */
function suiteInUse(files: Files, coming: string): string {
  const suites = aptSuites(files);
  const hasUnstable = suites.includes(unstable) || suites.includes('unstable');
  const hasTesting = suites.includes('testing') || suites.includes(coming);
  return hasTesting && !hasUnstable ? coming : unstable;
}

/** Returns the codename in brackets, the only place before Debian 9: `7 (wheezy)`. */
function codenameIn(text: string): string | undefined {
  const name = /\((\w+)\)/.exec(text)?.[1];
  return name !== undefined && releaseOf(name)?.id === 'debian' ? name : undefined;
}
