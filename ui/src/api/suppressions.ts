import type { Severity } from './types.ts';

/** Path of the saved rules and VEX documents. */
export const suppressionsPath = '/suppressions';

/** @route GET /api/v1/suppressions */
export interface SuppressionList {
  readonly suppressions: readonly SavedDocument[];
}

/** A saved file of rules, or a saved VEX document. */
export interface SavedDocument {
  readonly name: string;
  readonly savedAt: string;
  readonly savedBy: string | null;
  /** Missing if the document cannot be read. */
  readonly rules?: number;
  readonly statements?: number;
  readonly error?: string;
}

/** @route GET /api/v1/statements */
export interface StatementList {
  readonly statements: readonly Statement[];
  readonly next?: string;
}

/** A rule or a VEX statement of a saved document. */
export interface Statement {
  readonly file: string;
  readonly kind: 'rule' | 'vex' | 'unreadable';
  /** Empty for a rule about all vulnerabilities of a package. */
  readonly vulnerabilities: readonly string[];
  readonly status: string | null;
  readonly scope: readonly string[];
  readonly justification: string | null;
  readonly reason: string | null;
  readonly author: string | null;
  readonly at: string;
  /** The last day on which it applies. */
  readonly expires: string | null;
  readonly state: 'active' | 'expired' | 'unreadable';
}

/** @route POST /api/v1/statements/preview */
export interface SuppressionPreview {
  readonly findings: number;
  readonly images: number;
  /** Whether all images were examined. Otherwise the numbers are the least that it would be. */
  readonly complete: boolean;
  /** Places of rules whose effect is not in the numbers. */
  readonly notPreviewed: readonly string[];
  /** The first findings. */
  readonly rows: readonly PreviewedFinding[];
}

/** A finding that a document would suppress. */
export interface PreviewedFinding {
  readonly image: { readonly digest: string | null; readonly names: readonly string[] };
  readonly vulnerability: string;
  readonly severity: Severity;
  readonly package: { readonly type: string; readonly name: string; readonly version: string };
  readonly reason: string;
}
