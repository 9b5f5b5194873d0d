import type { Distro } from '../model/distro.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Package } from '../model/package.ts';
import type { UnreadEvidence } from '../model/report.ts';

/** What a document is about. */
export type Subject = Inventory['subject'];

/** One thing a document tells. */
export type Entry =
  /** A package that clair itself had found. */
  | { readonly own: Package }
  /** A package by the word of somebody else, at its place in the document. */
  | {
      readonly told: Package;
      readonly reference: string;
      /** The distribution and release its URL names. */
      readonly release: Distro | undefined;
      /** The distribution that built it, as its URL says, without a release. */
      readonly vendor: Distro | undefined;
    }
  | { readonly system: Distro; readonly reference: string }
  /** Something that may be a package and cannot be looked up. */
  | { readonly problem: string; readonly reference: string };

/** A document taken apart. */
export interface ReadDocument {
  readonly subject: Subject;
  readonly layers: Inventory['layers'];
  readonly statuses: Inventory['statuses'];
  readonly unread?: readonly UnreadEvidence[];
  /** Whether clair wrote it. */
  readonly isOwn: boolean;
  readonly entries: Iterable<Entry>;
}

/** The distribution that a document names; a problem where it says of something that it is one, and not which. */
export function systemEntry(system: Distro | undefined, reference: string): Entry {
  return system === undefined
    ? { problem: 'is a distribution without a name', reference }
    : { system, reference };
}

/** That something clair knew is lost, though what others can read is there. */
export function damagedNote(reference: string): Entry {
  return { problem: 'has a damaged note of clair', reference };
}
