import type { ListedImage, Severity } from './types.ts';

/** @route GET /api/v1/search */
export interface SearchResults {
  readonly images: readonly Pick<ListedImage, 'digest' | 'names' | 'reference'>[];
  readonly advisories: readonly { readonly id: string; readonly severity: Severity }[];
  readonly packages: readonly { readonly namespace: string; readonly name: string }[];
}
