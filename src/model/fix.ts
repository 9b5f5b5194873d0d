/** States without a fix, in descending order of hope for one. */
export const unfixedStates = [
  'unfixed',
  'deferred',
  'will-not-fix',
  'end-of-life',
  'under-investigation',
  'not-affected',
] as const;

/** The vendor's state of the fix of one vulnerability in one package of one namespace. */
export type FixState = 'fixed' | (typeof unfixedStates)[number];

/** A fix: its state, and the first fixed version if there is one. */
export type Fix =
  | { readonly state: 'fixed'; readonly version: string }
  | { readonly state: Exclude<FixState, 'fixed'> };

/** A fix of a finding. `availableSince`: since when it is known to be available, ISO 8601. Absent if that is unknown. */
export type DatedFix = Fix & { readonly availableSince?: string };
