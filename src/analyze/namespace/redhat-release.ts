import type { Distro } from '../../model/distro.ts';
import type { Files } from '../../plugin/layer-files.ts';
import type { NamespaceDetector } from '../../plugin/namespace-detector.ts';
import { assignmentsOf, firstLineOf, wordOf } from './release-text.ts';

/**
 * Files that only the vendor in the name ships. Several of these vendors also keep the redhat-release of their parent.
 */
export const vendorFiles: readonly string[] = [
  'etc/oracle-release',
  'etc/rocky-release',
  'etc/almalinux-release',
  'etc/centos-release',
  'usr/lib/centos-release',
];

/** Files with a line `<name> release <version>`, the most specific first. */
const releaseFiles: readonly string[] = [
  ...vendorFiles,
  'etc/fedora-release',
  'usr/lib/fedora-release',
  'etc/redhat-release',
  'etc/system-release',
  'usr/lib/system-release',
];

const suseFile = 'etc/SuSE-release';
const cpeFile = 'etc/system-release-cpe';
const issueFile = 'etc/issue';

/** Files with product and version but without the word "release". */
const productFiles: Readonly<Record<string, readonly [id: string, text: RegExp]>> = {
  'etc/photon-release': ['photon', /Photon(?: OS)?(?: Linux)? (\d[\d.]*)/],
  'etc/mariner-release': ['mariner', /Mariner (\d[\d.]*)/],
  'etc/azurelinux-release': ['azurelinux', /Azure Linux (\d[\d.]*)/],
};

/** Recognises rpm distributions by the files from before os-release, which some still have beside it. */
export const redhatRelease: NamespaceDetector = {
  name: 'redhat-release',
  version: 1,
  wants: [...releaseFiles, cpeFile, suseFile, ...Object.keys(productFiles), issueFile],
  detect(files) {
    return (
      firstOf(files, releaseFiles) ??
      ofCpe(files) ??
      ofSuse(files) ??
      ofProduct(files) ??
      firstOf(files, [issueFile])
    );
  },
};

/** Returns the distribution in the first of these files that can be read. */
export function firstOf(files: Files, paths: readonly string[]): Distro | undefined {
  for (const path of paths) {
    const distro = ofReleaseLine(firstLineOf(files, path));
    if (distro !== undefined) return distro;
  }
  return undefined;
}

/**
 * How names in release files begin, and the `ID` of os-release for each. Red Hat Linux ended in 2003 and is not RHEL.
 */
const names: readonly (readonly [RegExp, string])[] = [
  [/^Red Hat Enterprise Linux\b/, 'rhel'],
  [/^Red Hat Linux\b/, 'redhat'],
  [/^Oracle Linux\b/, 'ol'],
  [/^CentOS\b/, 'centos'],
  [/^Rocky Linux\b/, 'rocky'],
  [/^AlmaLinux\b/, 'almalinux'],
  [/^Amazon Linux\b/, 'amzn'],
  [/^Scientific Linux\b/, 'scientific'],
];

/** Reads `CentOS Linux release 7.6.1810 (Core)`. An unknown name gives its first word in lower case. */
function ofReleaseLine(line: string): Distro | undefined {
  const [, name, version] = /^(.*\S)\s+release\s+(\d[\d.]*)/.exec(line) ?? [];
  const versionId = wordOf(version);
  if (name === undefined || versionId === undefined) return undefined;
  const id =
    names.find(([beginning]) => beginning.test(name))?.[1] ?? wordOf(/^\S+/.exec(name)?.[0].toLowerCase());
  return id === undefined ? undefined : { id, versionId, prettyName: line, like: [] };
}

/** Reads `cpe:/o:centos:linux:6:GA`, the only release file in some images of CentOS 6. */
function ofCpe(files: Files): Distro | undefined {
  const [, vendor, product, version] =
    /^cpe:\/o:(\w+):(\w+):(\d[\d.]*)/.exec(firstLineOf(files, cpeFile)) ?? [];
  const versionId = wordOf(version);
  if (vendor === undefined || versionId === undefined) return undefined;
  const ids: Readonly<Record<string, string>> = {
    redhat: 'rhel',
    oracle: 'ol',
    amazon: 'amzn',
    fedoraproject: 'fedora',
  };
  const id =
    vendor === 'redhat' && product !== 'enterprise_linux' ? undefined : wordOf(ids[vendor] ?? vendor);
  return id === undefined ? undefined : { id, versionId, like: [] };
}

/** Reads the name on the first line and the lines `VERSION = 11` and `PATCHLEVEL = 4`. */
function ofSuse(files: Files): Distro | undefined {
  const prettyName = firstLineOf(files, suseFile);
  const [name] = /^(?:SUSE Linux Enterprise|openSUSE)/.exec(prettyName) ?? [];
  const values = assignmentsOf(files, suseFile);
  const version = wordOf(values.get('VERSION'));
  if (name === undefined || version === undefined) return undefined;
  const patchLevel = wordOf(values.get('PATCHLEVEL')) ?? '0';
  return {
    id: name === 'openSUSE' ? 'opensuse' : 'sles',
    versionId: patchLevel === '0' ? version : `${version}.${patchLevel}`,
    prettyName,
    like: [],
  };
}

function ofProduct(files: Files): Distro | undefined {
  for (const [path, [id, text]] of Object.entries(productFiles)) {
    const prettyName = firstLineOf(files, path);
    const versionId = wordOf(text.exec(prettyName)?.[1]);
    if (versionId !== undefined) return { id, versionId, prettyName, like: [] };
  }
  return undefined;
}
