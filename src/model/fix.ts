/** What a vendor says who has no fix, that which promises most first. */
export const unfixedStates = [
  'unfixed',
  'deferred',
  'will-not-fix',
  'end-of-life',
  'under-investigation',
  'not-affected',
] as const;

/** What the vendor says about the fix of one vulnerability in one package of one namespace. */
export type FixState = 'fixed' | (typeof unfixedStates)[number];

/** A fix: its state, and the first version that has it when there is one. */
export type Fix =
  | { readonly state: 'fixed'; readonly version: string }
  | { readonly state: Exclude<FixState, 'fixed'> };
