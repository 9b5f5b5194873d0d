import type { Distro } from '../model/distro.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Package } from '../model/package.ts';
import type { UnreadEvidence } from '../model/report.ts';

/** What a document is about. */
export type SbomSubject = Inventory['subject'];

/** One thing a document tells. */
export type SbomEntry =
  /** A package that clair itself had found. */
  | { readonly clairPackage: Package }
  /** A package by the word of somebody else, at its place in the document. */
  | {
      readonly thirdPartyPackage: Package;
      readonly reference: string;
      /** The distribution and release its URL names. */
      readonly release: Distro | undefined;
      /** The distribution that built it, as its URL says, without a release. */
      readonly vendor: Distro | undefined;
    }
  | { readonly distro: Distro; readonly reference: string }
  /** Something that may be a package and cannot be looked up. */
  | { readonly problem: string; readonly reference: string };

/** A document taken apart. */
export interface SbomDocument {
  readonly subject: SbomSubject;
  readonly layers: Inventory['layers'];
  readonly statuses: Inventory['statuses'];
  readonly unread?: readonly UnreadEvidence[];
  /** Whether clair wrote it. */
  readonly isFromClair: boolean;
  readonly entries: Iterable<SbomEntry>;
}

/** The distribution that a document names; a problem where it says of something that it is one, and not which. */
export function distroEntry(distro: Distro | undefined, reference: string): SbomEntry {
  return distro === undefined
    ? { problem: 'is a distribution without a name', reference }
    : { distro, reference };
}

/** That something clair knew is lost, though what others can read is there. */
export function damagedDataEntry(reference: string): SbomEntry {
  return { problem: 'has a damaged note of clair', reference };
}
