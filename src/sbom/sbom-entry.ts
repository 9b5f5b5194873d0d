import type { Distro } from '../model/distro.ts';
import type { Package } from '../model/package.ts';
import type { Inventory, UnreadEvidence } from '../model/report.ts';

/** The image or other target that a document describes. */
export type SbomSubject = Inventory['subject'];

/** One entry of a document. */
export type SbomEntry =
  /** A package that clair itself found. */
  | { readonly clairPackage: Package }
  /** A package that another tool found, and its place in the document. */
  | {
      readonly thirdPartyPackage: Package;
      readonly reference: string;
      /** The distribution and release in its purl. */
      readonly release: Distro | undefined;
      /** The distribution that built it according to its purl, without a release. */
      readonly vendor: Distro | undefined;
    }
  | { readonly distro: Distro; readonly reference: string }
  /** An entry that may be a package and cannot be looked up. */
  | { readonly problem: string; readonly reference: string };

/** A parsed document. */
export interface SbomDocument {
  readonly subject: SbomSubject;
  readonly layers: Inventory['layers'];
  readonly statuses: Inventory['statuses'];
  readonly unread?: readonly UnreadEvidence[];
  /** Whether clair wrote the document. */
  readonly isFromClair: boolean;
  readonly entries: Iterable<SbomEntry>;
}

/** Returns the entry of a distribution; a problem if the document names no known one. */
export function distroEntry(distro: Distro | undefined, reference: string): SbomEntry {
  return distro === undefined
    ? { problem: 'is a distribution without a name', reference }
    : { distro, reference };
}

/** Returns the problem of damaged clair data beside members that could be read. */
export function damagedDataEntry(reference: string): SbomEntry {
  return { problem: 'has damaged clair data', reference };
}
