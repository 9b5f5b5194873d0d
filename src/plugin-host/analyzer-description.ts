import type { Namespace } from '../model/namespace.ts';
import type { PathPattern } from '../plugin/layer-files.ts';
import type { PackageLister, ProgramPart, ProgramParts } from '../plugin/package-lister.ts';
import type { LoadedPlugin } from './load-plugins.ts';

/** A detector or lister of a plugin, as structured-clone data for other threads. */
export interface AnalyzerDescription {
  readonly kind: 'detector' | 'lister';
  /** URL of the module that exports the plugin. */
  readonly module: string;
  readonly name: string;
  readonly version: number;
  readonly wants: readonly PathPattern[];
  readonly ecosystem?: Namespace;
  readonly versionScheme?: string;
  readonly purlSeparator?: NonNullable<PackageLister['purlSeparator']>;
  readonly programParts?: readonly ProgramPart[];
}

/** Returns the detectors and listers that the plugins provide, in order. */
export function describeAnalyzers(plugins: readonly LoadedPlugin[]): AnalyzerDescription[] {
  return plugins.flatMap(({ module, plugin: { detectors = [], listers = [] } }) => [
    ...detectors.map(({ name, version, wants }) => ({
      kind: 'detector' as const,
      module,
      name,
      version,
      wants,
    })),
    ...listers.map(({ name, version, wants, ecosystem, versionScheme, purlSeparator, programParts }) => ({
      kind: 'lister' as const,
      module,
      name,
      version,
      wants,
      ...(ecosystem !== undefined && { ecosystem }),
      ...(versionScheme !== undefined && { versionScheme }),
      ...(purlSeparator !== undefined && { purlSeparator }),
      ...(programParts !== undefined && { programParts }),
    })),
  ]);
}

/** A request to the plugin thread, which handles one request at a time. */
export interface AnalyzerRequest extends Pick<AnalyzerDescription, 'kind' | 'module' | 'name'> {
  readonly files: readonly (readonly [path: string, content: Uint8Array])[];
  /** A program to list instead of files. */
  readonly program?: { readonly path: string; readonly parts: ProgramParts };
}

/** The unvalidated result of an analyzer of a plugin, or the message of the error that it threw. */
export type AnalyzerResponse = { readonly result: unknown } | { readonly error: string };
