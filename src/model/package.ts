import type { Digest } from './digest.ts';

/** The kind of package, by its purl type: `deb`, `apk`, `rpm`, `npm`… */
export type PackageType = string;

/** A source package: what an installed package was built from. */
export interface SourcePackage {
  /** Its name, which may differ from that of the installed package. */
  readonly name: string;
  /** Its version, which may differ as well. */
  readonly version: string;
}

/** A package as one database or manifest lists it, before it is known in which image it lies. */
export interface ListedPackage {
  /** The kind of package, as a purl has it: `deb`, `apk`, `rpm`, `npm`, or a type of your own. */
  readonly type: PackageType;
  /** Its name, in up to 512 characters of printable ASCII without spaces. */
  readonly name: string;
  /** Its version as the database has it, in up to 512 such characters. */
  readonly version: string;
  /** The architecture, in the words of the package database. */
  readonly arch?: string;
  /** Present also when it equals name and version, for formats that have the notion. */
  readonly source?: SourcePackage;
  /** The module stream an rpm was built in, as its header says: `nodejs:18:9020020230327152102:rhel9`. */
  readonly modularity?: string;
  /** Who built an rpm, in the vendor's words. */
  readonly vendor?: string;
  /** The licence of an rpm, in the words of its packager. */
  readonly licence?: string;
  /** Who supplies the package, as its metadata says: a name, often with an address (`Name <mail@example.org>`). */
  readonly supplier?: string;
  /** Licences that its metadata declares. SPDX expressions where they are exact, else the words of the package. */
  readonly licenses?: readonly string[];
  /**
   * Names that the package requires, packages or what they provide; `a|b` where either will do. Empty if it requires nothing, absent
   * if that is unknown.
   */
  readonly requires?: readonly string[];
  /** Names besides its own under which the package can be required. */
  readonly provides?: readonly string[];
}

/** Where in an image something was found. */
export interface Location {
  /** Path in the image without a leading slash. */
  readonly path: string;
  /** diffID of the layer that brought it; null for a root file system that has none. */
  readonly layer: Digest | null;
}

/** A package installed in an image. */
export interface Package extends Omit<ListedPackage, 'requires' | 'provides'> {
  readonly purl: string;
  readonly location: Location;
  /** Name of the lister that found it. */
  readonly foundBy: string;
  /** Repositories it comes from, by the ids of their vendor, as far as the image tells. */
  readonly repositories?: readonly string[];
  /** The package of the distribution that brought the file it was found in. */
  readonly owner?: string;
  /**
   * purls of the installed packages it requires, sorted. Empty if it requires nothing, absent if its requirements are unknown or none
   * of them is installed.
   */
  readonly dependsOn?: readonly string[];
}

/** Stands for a lister and for a path where an inventory of somebody else lists a package and does not tell where it lies. */
export const listedBySbom = 'sbom';

/** The package of a finding: what it is called and where it lies. */
export interface ReportedPackage {
  readonly type: PackageType;
  readonly name: string;
  readonly version: string;
  /** What it was built from; null where its lister gives none. */
  readonly source: SourcePackage | null;
  readonly purl: string;
  readonly location: Location;
}
