import type { Fix } from './fix.ts';
import type { ReportedPackage } from './package.ts';
import type { PurlParts } from './purl.ts';

/** Why a product that has a vulnerable component is not affected: the five words of "Vulnerability Exploitability eXchange, Status Justifications" (CISA, 2022). */
export const justifications = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;

/** One of them. */
export type Justification = (typeof justifications)[number];

/** As much of a finding as rules of other tools look at. */
export interface RuleFinding {
  readonly vulnerability: { readonly id: string; readonly aliases: readonly string[] };
  readonly package: ReportedPackage;
  readonly fix: Fix;
  readonly evidence: readonly { readonly namespace: string }[];
}

/** A finding that its user does not want to be counted. A rule holds for findings that all its selectors hold for. */
export interface IgnoreRule {
  /** Where it is written, for messages: `.clairignore.yaml:4`. */
  readonly place: string;
  /** A CVE, or any other name of the vulnerability or of an advisory on it. Asterisks stand for anything, as in all selectors. */
  readonly id?: string;
  /** The name of a package, or its package URL without version and qualifiers. */
  readonly package?: string;
  readonly version?: string;
  /** Where the package lies. One asterisk stays within a folder, two do not. */
  readonly path?: string;
  readonly namespace?: string;
  /** The name of an image without registry and tag: the whitelists of other tools have rules for one image. */
  readonly image?: string;
  readonly reason: string;
  /** The last day on which it counts, `2026-12-31`. */
  readonly expires?: string;
  readonly justification?: Justification;
  /** What else has to hold, of rules that another tool understands otherwise. */
  readonly holdsFor?: (finding: RuleFinding) => boolean;
}

/** What a VEX statement says of a product and a vulnerability, in the words of OpenVEX. */
export type VexStatus = 'not_affected' | 'fixed' | 'affected' | 'under_investigation';

/** A document of VEX: who says something, and when. */
export interface VexDocument {
  readonly id: string;
  readonly author: string;
  /** Where it was read from. */
  readonly place: string;
}

/** What names a thing that VEX speaks of: whatever of it is known. */
export interface ProductNames {
  readonly purls: readonly PurlParts[];
  /** `sha256:…` of a manifest. */
  readonly digests: readonly string[];
  /** As an image is named for a scan, letter by letter. */
  readonly references: readonly string[];
  /** Of a distribution: `rhel:9`. */
  readonly namespaces: readonly string[];
  /** Where only some versions are meant, these and those in the ranges. */
  readonly versions?: readonly string[];
  /** As they are written: those in VERS can be compared. */
  readonly ranges?: readonly string[];
}

/** What a statement is about: a package, an image, or parts of an image or distribution. */
export interface VexProduct extends ProductNames {
  /** Where it is about parts, these. */
  readonly parts?: readonly ProductNames[];
}

/** What one document says of one vulnerability. */
export interface VexStatement {
  readonly document: VexDocument;
  /** The names of the vulnerability. */
  readonly ids: readonly string[];
  readonly products: readonly VexProduct[];
  readonly status: VexStatus;
  readonly justification?: Justification;
  /** Why, or what to do, in words. */
  readonly words?: string;
  /** When it was known to be so, RFC 3339. */
  readonly time?: string;
}

/** What had a finding left out of the count. */
export type SuppressionDecision =
  | { readonly by: 'option' }
  | { readonly by: 'ignore'; readonly rule: IgnoreRule }
  | { readonly by: 'vex'; readonly statement: VexStatement };
