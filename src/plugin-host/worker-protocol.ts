import type { AnalyzerDescription } from './analyzer-description.ts';

/** A request to the plugin thread, which handles one request at a time. */
export interface AnalyzerRequest extends Pick<AnalyzerDescription, 'kind' | 'module' | 'name'> {
  readonly files: readonly (readonly [path: string, content: Uint8Array])[];
}

/** The unvalidated result of an analyzer of a plugin, or the message of the error that it threw. */
export type AnalyzerResponse = { readonly result: unknown } | { readonly error: string };
