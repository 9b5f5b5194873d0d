/** @route GET /api/v1/images/{digest}/explain */
export interface Explanation {
  readonly id: string;
  readonly packages: readonly ExplainedPackage[];
  /** About the vulnerability as a whole. */
  readonly remarks: readonly string[];
  /** False if the image may be affected although no package is in the list. */
  readonly isKnown: boolean;
}

/** A package that advisories of a vulnerability cover, or might cover. */
export interface ExplainedPackage {
  readonly package: { readonly name?: string; readonly version?: string };
  readonly outcome: 'reported' | 'suppressed' | 'not-reported' | 'undecided';
  readonly reason: string;
  readonly remarks: readonly string[];
  readonly rows: readonly {
    readonly source: string;
    readonly advisory: string;
    readonly namespace: string;
    readonly package: string;
    readonly checks: readonly {
      readonly name: string;
      readonly holds: boolean | null;
      readonly words: string;
    }[];
  }[];
}
