/** What the vendor says about the fix of one vulnerability in one package of one namespace. */
export type FixState =
  | 'fixed'
  | 'unfixed'
  | 'deferred'
  | 'will-not-fix'
  | 'end-of-life'
  | 'under-investigation'
  | 'not-affected';

/** A fix: its state, and the first version that has it when there is one. */
export type Fix =
  | { readonly state: 'fixed'; readonly version: string }
  | { readonly state: Exclude<FixState, 'fixed'> };
