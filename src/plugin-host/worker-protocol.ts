import type { AnalyzerDescription } from './analyzer-description.ts';

/** What is asked of the thread of the plugins; it answers one question at a time. */
export interface AnalyzerRequest extends Pick<AnalyzerDescription, 'kind' | 'module' | 'name'> {
  readonly files: readonly (readonly [path: string, content: Uint8Array])[];
}

/** What an analyzer of a plugin made of the files, as it came from it; or what it threw. */
export type AnalyzerResponse = { readonly result: unknown } | { readonly error: string };
