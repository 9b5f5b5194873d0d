import type { ListedFix } from './lists.ts';
import type { Severity } from './types.ts';

/** @route GET /api/v1/diff */
export interface Difference {
  readonly findings: {
    readonly gone: readonly DifferenceFinding[];
    readonly new: readonly DifferenceFinding[];
    readonly changed: readonly DifferenceFinding[];
    readonly same: number;
  };
  readonly packages: {
    readonly added: readonly DifferencePackage[];
    readonly removed: readonly DifferencePackage[];
    readonly changed: readonly DifferencePackage[];
  };
  readonly headline: string;
}

/** A finding that differs. */
export interface DifferenceFinding {
  readonly vulnerability: string;
  readonly severity: Severity;
  readonly package: { readonly name: string; readonly version: string };
  readonly fix?: ListedFix;
  readonly cause?: string;
}

/** A package that differs. */
export interface DifferencePackage {
  readonly name: string;
  readonly version?: string;
  readonly before?: string;
  readonly after?: string;
}
