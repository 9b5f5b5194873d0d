import type { Fix } from './fix.ts';
import type { PackageType } from './package.ts';
import type { Verdict } from './report.ts';
import type { Severity } from './severity.ts';

/** A package in a comparison of two images, with its versions. There are several if it is installed several times. */
export interface ComparedPackage {
  readonly type: PackageType;
  readonly name: string;
  readonly versions: readonly string[];
}

/** A package with different versions in the two images. */
export interface ChangedPackage extends Omit<ComparedPackage, 'versions'> {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** A vulnerability of a package, in all its locations and versions. */
export interface ComparedFinding {
  readonly id: string;
  readonly severity: Severity;
  readonly package: ComparedPackage;
  readonly fix: Fix;
}

/** One of two images that are compared. */
export interface ComparedSide {
  readonly reference: string;
  readonly packages: number;
  readonly findings: number;
  readonly verdict: Verdict;
}

/** The changes from one image to another. */
export interface Difference {
  readonly schemaVersion: 1;
  readonly from: ComparedSide;
  readonly to: ComparedSide;
  readonly packages: {
    readonly came: readonly ComparedPackage[];
    readonly went: readonly ComparedPackage[];
    readonly changed: readonly ChangedPackage[];
  };
  readonly findings: {
    readonly came: readonly ComparedFinding[];
    readonly went: readonly ComparedFinding[];
    /** How many findings both images have. */
    readonly stayed: number;
  };
}
