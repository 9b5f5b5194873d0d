import type { Digest } from './digest.ts';
import type { PackageHash } from './package-hash.ts';

/** The kind of package by its purl type: `deb`, `apk`, `rpm`, `npm`… */
export type PackageType = string;

/** A source package, from which an installed package was built. */
export interface SourcePackage {
  /** Its name, which may differ from that of the installed package. */
  readonly name: string;
  /** Its version, which may differ as well. */
  readonly version: string;
}

/** How a package is known to be in an image, the strongest evidence first. */
export const packageEvidences = [
  /** A package manager installed it. */
  'installed',
  /** It is inside an archive that runs as it is. */
  'embedded-in-archive',
  /** The build information of a program names it. */
  'build-info',
  /** Another package contains a copy of it. */
  'vendored',
  /** Texts in a program name it. */
  'binary-string',
  /** The name of a Java archive gives its artifact and version, and nothing gives its group. */
  'artifact-id',
  /** A document in the image claims that it is there. */
  'claimed-sbom',
  /** A lock file or manifest of a source tree requires it. */
  'declared',
  /** It is in a cache, or in an archive that nothing has installed. */
  'dormant',
  /** Its files are gone. Only its metadata is left. */
  'stale',
] as const;

/** How a package is known to be in an image. */
export type PackageEvidence = (typeof packageEvidences)[number];

/** The places besides registries that the source of a package comes from. */
export const packageOrigins = ['local', 'git'] as const;

/** A place besides a registry that the source of a package comes from. */
export type PackageOrigin = (typeof packageOrigins)[number];

/** A package that contains another one. */
export interface ParentPackage {
  readonly name: string;
  /** Absent if the name is that of an archive of unknown version. */
  readonly version?: string;
}

/** A package as a database or manifest lists it, independent of the image. */
export interface ListedPackage {
  /** The kind of package, as a purl has it: `deb`, `apk`, `rpm`, `npm`, or a type of your own. */
  readonly type: PackageType;
  /** Its name, in up to 512 characters of printable ASCII without spaces. */
  readonly name: string;
  /** Its version as the database has it, in up to 512 such characters. */
  readonly version: string;
  /** The architecture, as the package database writes it. */
  readonly arch?: string;
  /** Also present if it equals name and version, for formats that have source packages. */
  readonly source?: SourcePackage;
  /** The module stream an rpm was built in, as its header says: `nodejs:18:9020020230327152102:rhel9`. */
  readonly modularity?: string;
  /** The builder of an rpm, as the vendor writes it. */
  readonly vendor?: string;
  /** The tag `License` of an rpm, as its packager writes it. If `licenses` is absent, Clair derives it from this text. */
  readonly licence?: string;
  /** The supplier in the package's metadata: a name, often with an address (`Name <mail@example.org>`). */
  readonly supplier?: string;
  /** Licences that its metadata declares. SPDX expressions where they are exact, else the text of the package. */
  readonly licenses?: readonly string[];
  /** Hashes of its archive in the registry, as a lock file or its metadata states them: `sha512:`, `sha1:` and others, sorted. */
  readonly hashes?: readonly PackageHash[];
  /**
   * Names that the package requires: packages, or names that packages provide. `a|b` if either is enough. Empty if it requires nothing,
   * absent if that is unknown.
   */
  readonly requires?: readonly string[];
  /** Other names under which the package can be required. */
  readonly provides?: readonly string[];
  /** How it is known to be in the image. Absent if a package database lists it. */
  readonly evidence?: PackageEvidence;
  /** The package that contains it. To fix it, upgrade that package. */
  readonly parent?: ParentPackage;
  /** The module that it replaces in a program, as `replace` in `go.mod` states. It has its own name if a directory replaces it. */
  readonly replaces?: SourcePackage;
  /**
   * Where its source comes from, if not from the registry of its type: the project itself, or a Git repository. Advisories of the registry
   * do not cover it.
   */
  readonly origin?: PackageOrigin;
  /** The text in a program that states its version: `nginx version: nginx/1.22.1`. */
  readonly proof?: string;
  /** How its name or version was found, one sentence each. `clair explain` shows them. */
  readonly remarks?: readonly string[];
  /** The functions of it that a program contains, as `encodeFunctions` writes them. Absent if they are unknown. */
  readonly functions?: string;
  /** Where it is within the archive that lists it: `BOOT-INF/lib/a.jar`, with `!/` before a path within another archive. */
  readonly archivePath?: string;
  /**
   * Paths of its code. If the image has none of them, the package is stale. Absent if they are unknown. Clair knows of .NET assemblies
   * (`app/A.dll`), and of names directly below the directories that Python imports from (`site-packages/yaml`).
   */
  readonly codePaths?: readonly string[];
}

/** The location of a package in an image. */
export interface Location {
  /** Path in the image without a leading slash. `!/` separates the path of an archive from a path within it. */
  readonly path: string;
  /** diffID of the layer that introduced it. Null for a root file system without layers. */
  readonly layer: Digest | null;
}

/** One of several locations of a package. */
export interface PackageLocation extends Location, Pick<ListedPackage, 'evidence' | 'parent'> {
  /** The package of the distribution that owns the file. */
  readonly owner?: string;
}

/** A package installed in an image. */
export interface Package
  extends Omit<
    ListedPackage,
    'requires' | 'provides' | 'remarks' | 'functions' | 'archivePath' | 'codePaths'
  > {
  readonly purl: string;
  readonly location: Location;
  /** Name of the lister that found it. */
  readonly foundBy: string;
  /** The repositories it comes from, by the ids of their vendor, if the image declares them. */
  readonly repositories?: readonly string[];
  /** The package of the distribution that owns the file it was found in. */
  readonly owner?: string;
  /** All its locations, sorted by path, if it has several. `location` is the one with the strongest evidence. */
  readonly locations?: readonly PackageLocation[];
  /**
   * purls of the installed packages it requires, sorted. Empty if it requires nothing. Absent if its requirements are unknown or not
   * installed.
   */
  readonly dependsOn?: readonly string[];
}

/** The lister and the path of a package in a third-party SBOM that states no location. */
export const listedBySbom = 'sbom';

/** The package of a finding, with its location. */
export interface ReportedPackage {
  readonly type: PackageType;
  readonly name: string;
  readonly version: string;
  /** Its source package. Null if its lister gives none. */
  readonly source: SourcePackage | null;
  readonly purl: string;
  readonly location: Location;
  /** How it is known to be in the image. Absent if a package database lists it. */
  readonly evidence?: PackageEvidence;
  /** The package that contains it. To fix it, upgrade that package. */
  readonly parent?: ParentPackage;
  /** Number of its locations, if there are several. */
  readonly locationCount?: number;
  /** Present if the base image has it, and no layer above has a copy. Absent if no base image is known. */
  readonly fromBase?: true;
}
