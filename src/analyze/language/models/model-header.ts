import type { EntryProblem } from '../../package/listing.ts';

/** The statements of a header about its model. The texts are not checked. */
export interface ModelHeader {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly license?: string | undefined;
  readonly author?: string | undefined;
}

/** Reads the header at the beginning of a file of a model. Returns why it cannot be read if it is damaged. It never throws. */
export type ReadModelHeader = (beginning: Buffer) => ModelHeader | EntryProblem;

/** A file that ends, or is cut, within its header. */
export const cutHeader: EntryProblem = { problem: 'has no complete header of a model' };

/** Returns a title as one word: `Llama 3.1 8B` as `Llama-3.1-8B`. Undefined if nothing is left. */
export function modelWord(title: string | undefined): string | undefined {
  const words = (title ?? '').split(/\s+/).filter((word) => word !== '');
  return words.length === 0 ? undefined : words.join('-');
}
