import type { Fix } from './fix.ts';
import type { ReportedPackage } from './package.ts';
import type { PurlParts } from './purl.ts';

/**
 * Why a product with a vulnerable component is not affected: the five values of "Vulnerability Exploitability eXchange, Status
 * Justifications" (CISA, 2022).
 */
export const justifications = [
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
] as const;

/** A justification of VEX. */
export type Justification = (typeof justifications)[number];

/** The part of a finding that rules of other tools refer to. */
export interface RuleFinding {
  readonly vulnerability: { readonly id: string; readonly aliases: readonly string[] };
  readonly package: ReportedPackage;
  readonly fix: Fix;
  readonly evidence: readonly { readonly namespace: string }[];
}

/** A rule that excludes findings from the count. It matches a finding if all its selectors match. */
export interface IgnoreRule {
  /** Where the rule is written, for messages: `.clairignore.yaml:4`. */
  readonly place: string;
  /** A CVE, or any other name of the vulnerability or of an advisory on it. Asterisks match anything, as in all selectors. */
  readonly id?: string;
  /** The name of a package, or its package URL without version and qualifiers. */
  readonly package?: string;
  readonly version?: string;
  /** Path of the package. One asterisk stays within a folder, two do not. */
  readonly path?: string;
  readonly namespace?: string;
  /** The name of an image without registry and tag. Whitelists of other tools have rules for one image. */
  readonly image?: string;
  readonly reason: string;
  /** The last day on which the rule applies, `2026-12-31`. */
  readonly expires?: string;
  readonly justification?: Justification;
  /** An extra condition for rules whose meaning differs in another tool. */
  readonly holdsFor?: (finding: RuleFinding) => boolean;
}

/** The status of a product in a VEX statement, as OpenVEX names it. */
export type VexStatus = 'not_affected' | 'fixed' | 'affected' | 'under_investigation';

/** The author and time of a VEX document. */
export interface VexDocument {
  readonly id: string;
  readonly author: string;
  /** The file or URL of the document. */
  readonly place: string;
  /** Present if the document was attached to an image in a registry. */
  readonly attachment?: VexAttachment;
}

/** Where a VEX document of a registry comes from, and who has signed it. */
export interface VexAttachment {
  /** With its registry: `registry.example/shop/web`. */
  readonly repository: string;
  /** Digest of the attestation. */
  readonly digest: string;
  /** Id of the public key that has signed it, `sha256:…`. */
  readonly signer: string;
}

/** The names of a product in VEX, as far as they are known. */
export interface ProductNames {
  readonly purls: readonly PurlParts[];
  /** `sha256:…` of a manifest. */
  readonly digests: readonly string[];
  /** Exactly as a user names the image for a scan. */
  readonly references: readonly string[];
  /** Namespaces of a distribution: `rhel:9`. */
  readonly namespaces: readonly string[];
  /** If present, only these versions and those in `ranges` are meant. */
  readonly versions?: readonly string[];
  /** As written. Only VERS ranges can be compared. */
  readonly ranges?: readonly string[];
}

/** The subject of a statement: a package, an image, or parts of an image or distribution. */
export interface VexProduct extends ProductNames {
  /** The parts that the statement is about. Absent if it is about the whole. */
  readonly parts?: readonly ProductNames[];
}

/** The statement of one document on one vulnerability. */
export interface VexStatement {
  readonly document: VexDocument;
  /** The names of the vulnerability. */
  readonly ids: readonly string[];
  readonly products: readonly VexProduct[];
  readonly status: VexStatus;
  readonly justification?: Justification;
  /** The explanation or recommended action, as text. */
  readonly words?: string;
  /** The time of the statement, RFC 3339. */
  readonly time?: string;
}

/** The decision that excluded a finding from the count. */
export type SuppressionDecision =
  | { readonly by: 'option' }
  | { readonly by: 'ignore'; readonly rule: IgnoreRule }
  | { readonly by: 'vex'; readonly statement: VexStatement };
