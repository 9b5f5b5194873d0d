import type { PackageEvidence } from '../../../model/package.ts';

/** The place of the metadata of a distribution. */
export interface DistributionPath {
  /** The directory that Python imports from, or a cache of distributions. */
  readonly root: string;
  /** `ignored`: test data of a package, or a source tree that was only unpacked to build it. */
  readonly evidence: Extract<PackageEvidence, 'installed' | 'vendored' | 'dormant'> | 'ignored';
  /** The directory name of the package that contains it, if it is vendored. */
  readonly vendoredBy?: string;
}

/** The metadata files below a root: wheel, egg of setuptools, egg of distutils, and egg directory. */
const metadataFile =
  /^(.*\/|)[^/]+(?:\.dist-info\/METADATA|\.egg-info\/(?:PKG-INFO|METADATA)|\.egg-info|\.egg\/EGG-INFO\/PKG-INFO)$/i;

/** Names of directories in which packages store copies of others. */
const vendorDirectory =
  /^(?:_vendor|_vendored|_vendored_packages|vendor|vendored|extern|externals?|third_party)$/;
/** The same outside a known root, where an application may use the other names for its own root. */
const privateVendorDirectory = /^_vendor(?:ed)?$/;

/** Names of directories with data for tests. */
const testDirectory = /^(?:tests?|testing|testdata|fixtures)$/;

/** Directories of package managers with distributions that are not in use. */
const caches: readonly RegExp[] = [
  // uv unpacks each wheel once and then links or copies it.
  /(?:^|\/)archive-v\d+\/[^/]+(?:\/|$)/,
  /(?:^|\/)\.cache\/(?:uv|pip)\//,
  /(?:^|\/)\.cache\/pypoetry\/(?:artifacts|cache)\//,
  // conda unpacks each package once and then links it into environments.
  /(?:^|\/)pkgs\/[^/]+\/(?:lib\/python[^/]*\/)?site-packages\//,
  /(?:^|\/)ensurepip\/_bundled\//,
];

/** Source trees that uv unpacks to build wheels of them. */
const unpackedSource = /(?:^|\/)sdists-v\d+\//;

/** Returns whether a path is in a cache of distributions, or among those that Python installs on demand. */
export function isDormantPath(path: string): boolean {
  return caches.some((cache) => cache.test(path));
}

/** Returns the place of a metadata file by its path. Undefined for other files. */
export function distributionPath(path: string): DistributionPath | undefined {
  const [, prefix] = metadataFile.exec(path) ?? [];
  if (prefix === undefined) return undefined;
  const directory = prefix.slice(0, -1);
  const { root, inside } = splitRoot(directory);
  const isOfTests = inside.some((name) => testDirectory.test(name));
  if ((isOfTests && inside.length > 1) || unpackedSource.test(prefix)) return { root, evidence: 'ignored' };
  if (isDormantPath(path)) return { root, evidence: 'dormant' };
  // Directly below the root, it is no part of another package, and a line of a `.pth` file suffices to import from it.
  if (isOfTests) return { root: directory, evidence: 'installed' };
  const vendor = inside.findIndex((name) => vendorDirectory.test(name));
  if (vendor > 0) return { root, evidence: 'vendored', vendoredBy: inside[0] ?? '' };
  return privatelyVendored(root) ?? { root, evidence: 'installed' };
}

/** Splits a directory into the last known root and the names below it. */
function splitRoot(directory: string): { readonly root: string; readonly inside: readonly string[] } {
  const [, root] = /^((?:.*\/)?(?:(?:site|dist)-packages|archive-v\d+\/[^/]+))(?:\/|$)/.exec(directory) ?? [];
  if (root === undefined) return { root: directory, inside: [] };
  return {
    root,
    inside: directory
      .slice(root.length + 1)
      .split('/')
      .filter(Boolean),
  };
}

function privatelyVendored(directory: string): DistributionPath | undefined {
  const names = directory.split('/');
  const vendor = names.findLastIndex((name) => privateVendorDirectory.test(name));
  if (vendor < 1) return undefined;
  return {
    root: names.slice(0, vendor - 1).join('/'),
    evidence: 'vendored',
    vendoredBy: names[vendor - 1] ?? '',
  };
}
