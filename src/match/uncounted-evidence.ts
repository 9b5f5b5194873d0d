import type { PackageEvidence, PackageType, ReportedPackage } from '../model/package.ts';

/** Why findings do not count, by the evidence of packages that are not, or may not be, ready to run. */
const uncountedReasons: Readonly<Partial<Record<PackageEvidence, string>>> = {
  'claimed-sbom': 'a document in the image claims the package, and nothing shows that it is installed',
  declared: 'a lock file or manifest requires the package, and nothing shows that it is installed',
  dormant: 'the package is in a cache or an archive, and is not installed',
  stale: 'only metadata of the package is left, and its files are gone',
};

/** Returns why findings of a package do not count. Undefined if they do. Declared packages count in a source tree. */
export function reasonByEvidence(
  { type, location, evidence }: Pick<ReportedPackage, 'type' | 'location' | 'evidence'>,
  countsDeclared: boolean,
): string | undefined {
  if (isPartOfPip(type, location.path)) return 'pip contains only the modules of the package that it uses';
  if (evidence === undefined || (evidence === 'declared' && countsDeclared)) return undefined;
  return uncountedReasons[evidence];
}

/** The list of packages that pip contains a part of. */
const pipVendorList = /(?:^|\/)pip\/_vendor\/vendor\.txt$/;

/** Returns whether the list of pip names a package of this type at a path. */
export function isPartOfPip(type: PackageType, path: string): boolean {
  return type === 'pypi' && pipVendorList.test(path);
}
